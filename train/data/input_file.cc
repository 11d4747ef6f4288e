#include "train/data/input_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

#include "absl/strings/str_cat.h"

namespace unclip::train {

absl::StatusOr<std::unique_ptr<const InputFile>> InputFile::Open(const std::string& path) {
  // O_NONBLOCK: opening a named pipe would wait for a writer.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    if (errno == ENOENT || errno == ENOTDIR) return absl::NotFoundError("no such file");
    return absl::ErrnoToStatus(errno, "cannot be opened");
  }
  struct stat info = {};
  const int failed = fstat(fd, &info);
  std::unique_ptr<const InputFile> file(new InputFile(fd, info.st_size));
  if (failed != 0) return absl::ErrnoToStatus(errno, "cannot be read");
  if (!S_ISREG(info.st_mode)) return absl::InvalidArgumentError("is not a regular file");
  return file;
}

InputFile::~InputFile() { close(fd_); }

absl::StatusOr<std::string> InputFile::Read(int64_t offset, int64_t count, int64_t limit) const {
  if (count > limit) {
    return absl::InvalidArgumentError(absl::StrCat("is ", count, " bytes long; at most ", limit, " bytes are accepted"));
  }
  std::string bytes(static_cast<size_t>(count), '\0');
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t got = pread(fd_, &bytes[done], bytes.size() - done, offset + static_cast<int64_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return absl::ErrnoToStatus(errno, "cannot be read");
    if (got == 0) {
      return absl::DataLossError(absl::StrCat("was cut short: there is no byte ", offset + static_cast<int64_t>(done)));
    }
    done += static_cast<size_t>(got);
  }
  return bytes;
}

absl::Status NamedError(absl::string_view name, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(name, ": ", status.message()));
}

}  // namespace unclip::train
