#include "train/data/tar_index.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "common/validation/field_check.h"

namespace unclip::train {
namespace {

constexpr int64_t kBlock = 512;
// Of a name, or of a pax header: far more than any file system allows.
constexpr int64_t kMaxExtraBytes = 1 << 16;

absl::string_view UpToZero(absl::string_view field) { return field.substr(0, field.find('\0')); }

absl::Status BadHeader(int64_t offset, absl::string_view problem) {
  return absl::DataLossError(absl::StrCat("the header at byte ", offset, " ", problem));
}

// Octal digits between blanks, or, as GNU writes large numbers, the byte 0x80 and a big-endian number.
std::optional<int64_t> ParseNumber(absl::string_view field) {
  uint64_t number = 0;
  if (static_cast<uint8_t>(field[0]) == 0x80) {
    for (const char byte : field.substr(1)) {
      if (number >> 55 != 0) return std::nullopt;
      number = number << 8 | static_cast<uint8_t>(byte);
    }
    return static_cast<int64_t>(number);
  }
  field = UpToZero(field);
  field.remove_prefix(std::min(field.find_first_not_of(' '), field.size()));
  field = field.substr(0, field.find(' '));
  for (const char digit : field) {  // 12 of them at most
    if (digit < '0' || digit > '7') return std::nullopt;
    number = number << 3 | static_cast<uint64_t>(digit - '0');
  }
  return static_cast<int64_t>(number);
}

bool ChecksumIsRight(absl::string_view block) {
  int64_t sum = 0;
  for (size_t i = 0; i < block.size(); ++i) sum += i >= 148 && i < 156 ? ' ' : static_cast<uint8_t>(block[i]);
  return ParseNumber(block.substr(148, 8)) == sum;
}

std::string NameIn(absl::string_view block) {
  const absl::string_view name = UpToZero(block.substr(0, 100));
  // GNU has no prefix, but other things in its place.
  const absl::string_view prefix =
      block.substr(257, 6) == absl::string_view("ustar\0", 6) ? UpToZero(block.substr(345, 155)) : "";
  return prefix.empty() ? std::string(name) : absl::StrCat(prefix, "/", name);
}

class TarReader {
 public:
  explicit TarReader(const InputFile& file) : file_(file) {}

  absl::StatusOr<std::vector<TarMember>> ReadAll() {
    while (true) {
      if (file_.size() - offset_ < kBlock) {
        return absl::DataLossError(
            absl::StrCat("ends at byte ", file_.size(), " without the block of zeros that ends a tar file; it may be cut short"));
      }
      ASSIGN_OR_RETURN(const std::string block, file_.Read(offset_, kBlock, kBlock));
      if (block.find_first_not_of('\0') == std::string::npos) return std::move(members_);
      RETURN_IF_ERROR(ReadMember(block));
    }
  }

 private:
  // Reads what the header says that `block` is, and goes on to the next.
  absl::Status ReadMember(absl::string_view block) {
    if (!ChecksumIsRight(block)) return BadHeader(offset_, "has a wrong checksum; this may be no tar file");
    const char type = block[156];
    const bool describes_next = type == 'L' || type == 'K' || type == 'x' || type == 'X' || type == 'g';
    ASSIGN_OR_RETURN(const int64_t size, DataSize(block, describes_next));
    const int64_t data = offset_ + kBlock;
    if (type == 'L') {
      ASSIGN_OR_RETURN(const std::string name, ReadExtra(data, size));
      next_name_ = std::string(UpToZero(name));
    } else if (type == 'x' || type == 'X') {  // X is Solaris's
      ASSIGN_OR_RETURN(const std::string records, ReadExtra(data, size));
      if (!ParsePax(records)) return BadHeader(offset_, "has broken pax records");
    } else if (type == 'S') {
      return absl::UnimplementedError(absl::StrCat("the member at byte ", offset_, " is sparse, which is not supported"));
    } else if (type == '0' || type == '\0' || type == '7') {
      members_.push_back({.name = next_name_.value_or(NameIn(block)), .offset = data, .size = size});
    }
    if (!describes_next) {
      next_name_.reset();
      next_size_.reset();
    }
    offset_ = data + (size + kBlock - 1) / kBlock * kBlock;
    return absl::OkStatus();
  }

  // How many bytes follow the header; they lie in the file.
  absl::StatusOr<int64_t> DataSize(absl::string_view block, bool describes_next) const {
    const char type = block[156];
    // Links, devices and folders: some write a size, none writes data.
    if (type >= '1' && type <= '6') return 0;
    std::optional<int64_t> size = ParseNumber(block.substr(124, 12));
    if (!size.has_value()) return BadHeader(offset_, "has a size that is no number");
    if (!describes_next && next_size_.has_value()) size = next_size_;
    const int64_t left = file_.size() - offset_ - kBlock;
    if (*size > left) {
      return BadHeader(offset_, absl::StrCat("names a member (", PrintableName(NameIn(block)), ") of ", *size, " bytes where ",
                                             left, " are left; the file may be cut short"));
    }
    return *size;
  }

  absl::StatusOr<std::string> ReadExtra(int64_t data, int64_t size) const {
    if (size > kMaxExtraBytes) {
      return BadHeader(offset_,
                       absl::StrCat("describes the next one in ", size, " bytes; at most ", kMaxExtraBytes, " are allowed"));
    }
    return file_.Read(data, size, kMaxExtraBytes);
  }

  // Records are "LENGTH KEY=VALUE\n", where the length is that of the whole record. Returns whether they are sound.
  bool ParsePax(absl::string_view records) {
    while (!records.empty()) {
      const size_t blank = records.find(' ');
      uint32_t length = 0;
      if (blank == absl::string_view::npos || !absl::SimpleAtoi(records.substr(0, blank), &length)) return false;
      if (length <= blank + 1 || length > records.size() || records[length - 1] != '\n') return false;
      const absl::string_view record = records.substr(blank + 1, length - blank - 2);
      const size_t equals = record.find('=');
      if (equals == absl::string_view::npos || !TakeRecord(record.substr(0, equals), record.substr(equals + 1))) return false;
      records.remove_prefix(length);
    }
    return true;
  }

  bool TakeRecord(absl::string_view key, absl::string_view value) {
    if (key == "path") {
      next_name_ = std::string(value);
      return value.find('\0') == absl::string_view::npos;
    }
    if (key == "size") {
      int64_t size = 0;
      if (!absl::SimpleAtoi(value, &size) || size < 0) return false;
      next_size_ = size;
    }
    return true;
  }

  const InputFile& file_;
  int64_t offset_ = 0;                    // of the next header; a multiple of kBlock, at most a block behind the file's end
  std::optional<std::string> next_name_;  // what headers said of the next member
  std::optional<int64_t> next_size_;
  std::vector<TarMember> members_;
};

}  // namespace

absl::StatusOr<std::vector<TarMember>> ListTarMembers(const InputFile& file) { return TarReader(file).ReadAll(); }

std::string PrintableName(absl::string_view name) {
  return CheckUtf8("name", name).ok() ? absl::Utf8SafeCHexEscape(name) : absl::CHexEscape(name);
}

}  // namespace unclip::train
