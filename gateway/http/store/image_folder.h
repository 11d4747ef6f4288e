// A folder of stored pictures.
#ifndef UNCLIP_GATEWAY_HTTP_STORE_IMAGE_FOLDER_H_
#define UNCLIP_GATEWAY_HTTP_STORE_IMAGE_FOLDER_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace unclip::gateway {

// Files that only their owner can read, each of which is there as a whole or not at all. Names must be valid for a picture
// (IsImageName); whatever else lies in the folder is never touched. Errors say what the system said, not where the folder is.
// Thread-safe, also between processes.
class ImageFolder {
 public:
  struct File {
    std::string name = {};
    int64_t bytes = 0;
    absl::Duration age = {};  // by the machine's wall clock; never negative
    bool is_unfinished =
        false;  // left by a write that never ended, or that goes on in another process; `name` is not a picture's
  };

  // Makes the folder if it is missing. FAILED_PRECONDITION, with the path, when that cannot be or it cannot be written to.
  static absl::StatusOr<ImageFolder> Open(const std::string& path);

  // Never leaves a part of a file under `name`.
  absl::Status Write(absl::string_view name, absl::string_view bytes) const;

  // NOT_FOUND when there is no such file.
  absl::StatusOr<std::string> Read(absl::string_view name) const;

  // How long ago it was written. NOT_FOUND when there is no such file.
  absl::StatusOr<absl::Duration> AgeOf(absl::string_view name) const;

  // Harmless when there is no such file.
  void Remove(absl::string_view name) const;

  // Every picture in the folder, and every unfinished one.
  absl::StatusOr<std::vector<File>> List() const;

 private:
  explicit ImageFolder(std::string path) : path_(std::move(path)) {}

  std::string PathOf(absl::string_view name) const;

  std::string path_;
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_STORE_IMAGE_FOLDER_H_
