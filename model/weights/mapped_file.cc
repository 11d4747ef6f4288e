#include "model/weights/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace unclip::model {
namespace {

// Why `path` could not be opened; a link whose target is missing is told apart from a file that is.
absl::Status OpenError(const std::string& path, int error) {
  if (error == ELOOP) return absl::NotFoundError(absl::StrCat(path, ": links run in a circle"));
  if (error == ENOENT || error == ENOTDIR) {
    struct stat info;
    if (lstat(path.c_str(), &info) == 0 && S_ISLNK(info.st_mode)) {
      return absl::NotFoundError(absl::StrCat(path, ": is a link to a file that does not exist"));
    }
    return absl::NotFoundError(absl::StrCat(path, ": no such file"));
  }
  return absl::ErrnoToStatus(error, absl::StrCat(path, ": cannot be opened"));
}

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() {
    if (fd_ >= 0) close(fd_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<const MappedFile>> MappedFile::Open(const std::string& path) {
  // O_NONBLOCK: opening a named pipe would wait for a writer.
  const FileDescriptor fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (fd.get() < 0) return OpenError(path, errno);
  struct stat info;
  if (fstat(fd.get(), &info) != 0) return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot be read"));
  if (!S_ISREG(info.st_mode)) return absl::InvalidArgumentError(absl::StrCat(path, ": is not a regular file"));
  const size_t size = static_cast<size_t>(info.st_size);
  absl::Span<const std::byte> bytes;
  if (size > 0) {  // an empty range cannot be mapped
    void* const address = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
    if (address == MAP_FAILED) return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot be mapped"));
    bytes = absl::MakeConstSpan(static_cast<const std::byte*>(address), size);
  }
  return std::unique_ptr<const MappedFile>(new MappedFile(path, bytes));
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

void DropPages(absl::Span<const std::byte> range) {
  static const uintptr_t page_size = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const uintptr_t begin = reinterpret_cast<uintptr_t>(range.data());
  const uintptr_t first = (begin + page_size - 1) / page_size * page_size;
  const uintptr_t last = (begin + range.size()) / page_size * page_size;
  // A failure only leaves the pages resident.
  if (first < last) madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
}

}  // namespace unclip::model
