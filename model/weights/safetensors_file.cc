#include "model/weights/safetensors_file.h"

#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/weights/safetensors_header.h"

namespace unclip::model {
namespace {

constexpr size_t kLengthBytes = 8;

uint64_t ReadLittleEndian64(absl::Span<const std::byte> bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < kLengthBytes; ++i) value |= std::to_integer<uint64_t>(bytes[i]) << (8 * i);
  return value;
}

// A zip archive (torch.save since 1.6, TorchScript) or a bare pickle of protocol 2 and later. As the low bytes of a header's
// length the marks would be possible, so the byte after the length decides: it is '{' in every safetensors file.
bool LooksLikePickle(absl::string_view text) {
  if (text.size() > kLengthBytes && text[kLengthBytes] == '{') return false;
  return absl::StartsWith(text, "PK\x03\x04") || (text.size() >= 2 && text[0] == '\x80' && text[1] >= 2 && text[1] <= 5);
}

// Where the file ends too early, or the reverse, beside what the header says.
absl::Status CheckRanges(const SafetensorsHeader& header, uint64_t data_size) {
  uint64_t end = 0;
  for (const SafetensorsHeader::Claim& tensor : header.tensors) {
    const std::string range =
        absl::StrCat("tensor \"", absl::CHexEscape(tensor.name), "\" with data_offsets [", tensor.begin, ", ", tensor.end, "]");
    if (tensor.begin < end) return absl::InvalidArgumentError(absl::StrCat(range, " overlaps one that ends at ", end));
    if (tensor.begin > end) return absl::InvalidArgumentError(absl::StrCat(range, " leaves a hole after ", end));
    if (tensor.end > data_size) {
      return absl::DataLossError(absl::StrCat(range, " lies outside the file, which has ", data_size, " bytes of data"));
    }
    end = tensor.end;
  }
  if (end != data_size) {
    return absl::InvalidArgumentError(absl::StrCat("has ", data_size - end, " bytes after the last tensor"));
  }
  return absl::OkStatus();
}

absl::Status WithPath(const std::string& path, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(path, ": ", status.message()));
}

}  // namespace

absl::StatusOr<std::shared_ptr<const SafetensorsFile>> SafetensorsFile::Open(const std::string& path) {
  ASSIGN_OR_RETURN(std::unique_ptr<const MappedFile> mapped, MappedFile::Open(path));
  std::shared_ptr<SafetensorsFile> file(new SafetensorsFile(std::move(mapped)));
  if (const absl::Status status = file->Parse(); !status.ok()) return WithPath(path, status);
  return file;
}

absl::Status SafetensorsFile::Parse() {
  const absl::Span<const std::byte> bytes = file_->bytes();
  const absl::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (LooksLikePickle(text)) {
    return absl::InvalidArgumentError(
        "looks like a pickle, which can run code when it is read and is never loaded; convert it to safetensors");
  }
  if (absl::StartsWith(text, "version https://git-lfs")) {
    return absl::InvalidArgumentError("is a Git LFS pointer, not the file itself; fetch it with `git lfs pull`");
  }
  if (bytes.size() < kLengthBytes) {
    return absl::DataLossError(absl::StrCat("is cut short: ", bytes.size(), " bytes are no safetensors file"));
  }
  const uint64_t length = ReadLittleEndian64(bytes);
  if (length > kMaxHeaderBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("says its header has ", length, " bytes; at most ", kMaxHeaderBytes, " are read"));
  }
  if (length > bytes.size() - kLengthBytes) {
    return absl::DataLossError(absl::StrCat("is cut short: its header has ", length, " bytes, the file ", bytes.size()));
  }
  absl::string_view header_text = text.substr(kLengthBytes, length);
  if (!absl::StartsWith(header_text, "{"))
    return absl::InvalidArgumentError("is no safetensors file: its header must start with '{'");
  while (header_text.back() == '\0') header_text.remove_suffix(1);
  // The parser takes a zero byte for the end of the text.
  if (absl::StrContains(header_text, '\0')) return absl::InvalidArgumentError("has a zero byte inside its header");
  header_bytes_ = bytes.subspan(0, kLengthBytes + length);

  ASSIGN_OR_RETURN(SafetensorsHeader header,
                   ParseSafetensorsHeader(header_text, {.max_tensors = kMaxTensors, .max_rank = kMaxRank}));
  const absl::Span<const std::byte> data = bytes.subspan(kLengthBytes + length);
  RETURN_IF_ERROR(CheckRanges(header, data.size()));
  metadata_ = std::move(header.metadata);
  tensors_.reserve(header.tensors.size());
  for (SafetensorsHeader::Claim& claim : header.tensors) {
    index_.emplace(claim.name, tensors_.size());
    tensors_.push_back({.name = std::move(claim.name),
                        .dtype = claim.dtype,
                        .shape = std::move(claim.shape),
                        .data = data.subspan(claim.begin, claim.end - claim.begin)});
  }
  return absl::OkStatus();
}

std::vector<std::string> SafetensorsFile::names() const {
  std::vector<std::string> names;
  names.reserve(tensors_.size());
  for (const TensorEntry& tensor : tensors_) names.push_back(tensor.name);
  return names;
}

const TensorEntry* SafetensorsFile::Find(absl::string_view name) const {
  const auto it = index_.find(name);
  return it == index_.end() ? nullptr : &tensors_[it->second];
}

}  // namespace unclip::model
