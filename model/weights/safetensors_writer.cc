#include "model/weights/safetensors_writer.h"

#include <cerrno>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"

namespace unclip::model {
namespace {

constexpr size_t kLengthBytes = 8;
// A cache line, and the widest vector of any CPU: readers that map the file can compute on it as it lies.
constexpr size_t kDataAlignment = 64;

std::optional<uint64_t> ByteSize(const SafetensorsWriter::Declaration& tensor) {
  uint64_t size = DtypeSize(tensor.dtype);
  for (const int64_t extent : tensor.shape) {
    if (extent < 0) return std::nullopt;
    if (extent > 0 && size > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()) / static_cast<uint64_t>(extent)) {
      return std::nullopt;
    }
    size *= static_cast<uint64_t>(extent);
  }
  return size;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SafetensorsWriter>> SafetensorsWriter::Create(const std::string& path,
                                                                             const std::vector<Declaration>& tensors,
                                                                             const std::map<std::string, std::string>& metadata) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  uint64_t end = 0;
  for (const Declaration& tensor : tensors) {
    const std::optional<uint64_t> size = ByteSize(tensor);
    if (!size.has_value() || *size > std::numeric_limits<uint64_t>::max() / 2 - end) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": tensor \"", tensor.name, "\" cannot have the shape ", ShapeText(tensor.shape)));
    }
    if (tensor.name.empty() || header.contains(tensor.name)) {
      return absl::InvalidArgumentError(absl::StrCat(path, ": tensor name \"", tensor.name, "\" is empty or given twice"));
    }
    header[tensor.name] = {
        {"dtype", std::string(DtypeName(tensor.dtype))}, {"shape", tensor.shape}, {"data_offsets", {end, end + *size}}};
    end += *size;
  }
  std::string text = header.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  while ((kLengthBytes + text.size()) % kDataAlignment != 0) text.push_back(' ');
  std::string length(kLengthBytes, '\0');
  for (size_t i = 0; i < kLengthBytes; ++i) length[i] = static_cast<char>(text.size() >> (8 * i));

  std::FILE* const file = std::fopen(path.c_str(), "wbe");
  if (file == nullptr) return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot be created"));
  std::unique_ptr<SafetensorsWriter> writer(new SafetensorsWriter(path, file, end));
  const std::string head = length + text;
  if (std::fwrite(head.data(), 1, head.size(), file) != head.size()) {
    return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot be written"));
  }
  return writer;
}

SafetensorsWriter::~SafetensorsWriter() {
  if (file_ == nullptr) return;
  std::fclose(file_);
  std::remove(path_.c_str());
}

absl::Status SafetensorsWriter::Append(absl::Span<const std::byte> data) {
  if (file_ == nullptr) return absl::FailedPreconditionError(absl::StrCat(path_, ": is closed"));
  if (data.size() > remaining_) {
    return absl::OutOfRangeError(
        absl::StrCat(path_, ": ", data.size(), " bytes do not fit the ", remaining_, " that are missing"));
  }
  if (std::fwrite(data.data(), 1, data.size(), file_) != data.size()) {
    return absl::ErrnoToStatus(errno, absl::StrCat(path_, ": cannot be written"));
  }
  remaining_ -= data.size();
  return absl::OkStatus();
}

absl::Status SafetensorsWriter::Close() {
  if (file_ == nullptr) return absl::FailedPreconditionError(absl::StrCat(path_, ": is closed"));
  if (remaining_ > 0) return absl::FailedPreconditionError(absl::StrCat(path_, ": ", remaining_, " bytes are missing"));
  const int failed = std::fclose(std::exchange(file_, nullptr));
  if (failed == 0) return absl::OkStatus();
  const absl::Status status = absl::ErrnoToStatus(errno, absl::StrCat(path_, ": cannot be written"));
  std::remove(path_.c_str());
  return status;
}

}  // namespace unclip::model
