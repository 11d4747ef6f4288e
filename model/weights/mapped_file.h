// A file mapped read-only into memory.
#ifndef UNCLIP_MODEL_WEIGHTS_MAPPED_FILE_H_
#define UNCLIP_MODEL_WEIGHTS_MAPPED_FILE_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace unclip::model {

// Pages are read when touched and count as resident until dropped. The file must not be truncated while it is mapped: reading
// past its new end kills the process, as with any mapping; replace a file by renaming another over it. Thread-safe.
class MappedFile {
 public:
  // NOT_FOUND when `path`, or what it links to, does not exist or links in a circle; PERMISSION_DENIED; INVALID_ARGUMENT when it
  // is no regular file.
  static absl::StatusOr<std::unique_ptr<const MappedFile>> Open(const std::string& path);

  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  absl::Span<const std::byte> bytes() const { return bytes_; }
  const std::string& path() const { return path_; }

 private:
  MappedFile(std::string path, absl::Span<const std::byte> bytes) : path_(std::move(path)), bytes_(bytes) {}

  const std::string path_;
  const absl::Span<const std::byte> bytes_;
};

// Says that the whole pages inside `range`, which lies in a MappedFile, are not needed for now: they stop being resident, and are
// read from the file again when touched.
void DropPages(absl::Span<const std::byte> range);

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_WEIGHTS_MAPPED_FILE_H_
