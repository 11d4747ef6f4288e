// A file of a dataset, read in parts.
#ifndef UNCLIP_TRAIN_DATA_INPUT_FILE_H_
#define UNCLIP_TRAIN_DATA_INPUT_FILE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace unclip::train {

// Errors do not name the file: callers know by which name people know it. Thread-safe.
class InputFile {
 public:
  // NOT_FOUND when `path` does not exist; INVALID_ARGUMENT when it is no regular file; else what the system says.
  static absl::StatusOr<std::unique_ptr<const InputFile>> Open(const std::string& path);

  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  // How long the file was when it was opened.
  int64_t size() const { return size_; }

  // The `count` bytes from `offset`. INVALID_ARGUMENT, before memory is taken, when they are more than `limit`; DATA_LOSS when
  // the file ends before them.
  absl::StatusOr<std::string> Read(int64_t offset, int64_t count, int64_t limit) const;

 private:
  InputFile(int fd, int64_t size) : fd_(fd), size_(size) {}

  const int fd_;
  const int64_t size_;
};

// `status`, which is not OK, with "NAME: " before its message.
absl::Status NamedError(absl::string_view name, const absl::Status& status);

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_DATA_INPUT_FILE_H_
