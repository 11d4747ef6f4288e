#include "base/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace unclip {
namespace {

absl::Status SystemError(int error, absl::string_view what, const std::string& path) {
  return absl::ErrnoToStatus(error, absl::StrCat(what, " ", path));
}

std::string FolderOf(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

absl::Status WriteAll(int fd, absl::string_view data, const std::string& path) {
  while (!data.empty()) {
    const ssize_t written = write(fd, data.data(), data.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return SystemError(errno, "cannot write", path);
    data.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckWritable(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored) || std::filesystem::path(path).filename().empty()) {
    return absl::FailedPreconditionError(absl::StrCat("cannot write ", path, ": it is a folder; name a file in it"));
  }
  const std::string folder = FolderOf(path);
  if (access(folder.c_str(), W_OK | X_OK) != 0) return SystemError(errno, "cannot write into the folder", folder);
  return absl::OkStatus();
}

absl::Status WriteFileAtomically(const std::string& path, absl::string_view data) {
  RETURN_IF_ERROR(CheckWritable(path));
  const std::filesystem::path target(path);
  std::string temporary = absl::StrCat(FolderOf(path), "/.", target.filename().string(), ".XXXXXX");
  const int fd = mkostemp(temporary.data(), O_CLOEXEC);
  if (fd < 0) return SystemError(errno, "cannot write into the folder", FolderOf(path));
  absl::Status status = WriteAll(fd, data, path);
  // mkostemp makes the file private; a picture is as public as the user's umask says. umask() can only be read by setting it.
  const mode_t mask = umask(0);
  umask(mask);
  fchmod(fd, 0666 & ~mask);
  if (close(fd) != 0 && status.ok()) status = SystemError(errno, "cannot write", path);
  if (status.ok() && std::rename(temporary.c_str(), path.c_str()) != 0) status = SystemError(errno, "cannot write", path);
  if (!status.ok()) unlink(temporary.c_str());
  return status;
}

}  // namespace unclip
