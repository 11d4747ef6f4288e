#include "gateway/http/store/image_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "gateway/http/store/image_name.h"

namespace unclip::gateway {
namespace {

constexpr absl::string_view kUnfinished = ".unfinished";

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return fd_; }

  // Whether all was well to the end: some file systems tell of a failed write only now.
  bool Close() { return close(std::exchange(fd_, -1)) == 0; }

 private:
  int fd_;
};

absl::Status SystemError(absl::string_view what) {
  const int error = errno;
  const std::string text = absl::StrCat("the image store cannot ", what, ": ", std::strerror(error));
  return error == ENOENT ? absl::NotFoundError(text) : absl::InternalError(text);
}

bool WriteAll(int fd, absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

absl::Duration AgeOfFile(const struct stat& info) {
  return std::max(absl::Now() - absl::TimeFromTimespec(info.st_mtim), absl::ZeroDuration());
}

}  // namespace

absl::StatusOr<ImageFolder> ImageFolder::Open(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return absl::FailedPreconditionError(absl::StrCat("cannot make the image store ", path, ": ", error.message()));
  if (access(path.c_str(), R_OK | W_OK | X_OK) != 0) {
    return absl::FailedPreconditionError(absl::StrCat("cannot use the image store ", path, ": ", std::strerror(errno)));
  }
  return ImageFolder(path);
}

std::string ImageFolder::PathOf(absl::string_view name) const { return absl::StrCat(path_, "/", name); }

absl::Status ImageFolder::Write(absl::string_view name, absl::string_view bytes) const {
  if (!IsImageName(name)) return absl::InternalError("the image store was given a name that is not a picture's");
  const std::string path = PathOf(name);
  const std::string unfinished = absl::StrCat(path, kUnfinished);
  Descriptor file(open(unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (file.get() < 0) return SystemError("begin a picture");
  if (!WriteAll(file.get(), bytes) || !file.Close() || rename(unfinished.c_str(), path.c_str()) != 0) {
    const absl::Status status = SystemError("keep a picture");
    unlink(unfinished.c_str());
    return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ImageFolder::Read(absl::string_view name) const {
  if (!IsImageName(name)) return absl::NotFoundError("there is no such picture");
  const Descriptor file(open(PathOf(name).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (file.get() < 0) return SystemError("open a picture");
  struct stat info = {};
  if (fstat(file.get(), &info) != 0) return SystemError("look at a picture");
  if (!S_ISREG(info.st_mode)) return absl::NotFoundError("there is no such picture");
  std::string bytes(static_cast<size_t>(info.st_size), '\0');
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t count = read(file.get(), bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return SystemError("read a picture");
    if (count == 0) return absl::InternalError("the image store holds a picture that was cut short");
    done += static_cast<size_t>(count);
  }
  return bytes;
}

absl::StatusOr<absl::Duration> ImageFolder::AgeOf(absl::string_view name) const {
  struct stat info = {};
  if (!IsImageName(name) || lstat(PathOf(name).c_str(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return absl::NotFoundError("there is no such picture");
  }
  return AgeOfFile(info);
}

void ImageFolder::Remove(absl::string_view name) const {
  if (IsImageName(absl::StripSuffix(name, kUnfinished))) unlink(PathOf(name).c_str());
}

absl::StatusOr<std::vector<ImageFolder::File>> ImageFolder::List() const {
  std::vector<File> files;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(path_, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    absl::string_view picture = name;
    const bool is_unfinished = absl::ConsumeSuffix(&picture, kUnfinished);
    struct stat info = {};
    // What vanishes meanwhile was removed by another process.
    if (!IsImageName(picture) || lstat(PathOf(name).c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
    files.push_back({.name = name, .bytes = info.st_size, .age = AgeOfFile(info), .is_unfinished = is_unfinished});
  }
  if (error) return absl::InternalError(absl::StrCat("the image store cannot be listed: ", error.message()));
  return files;
}

}  // namespace unclip::gateway
