#include "model/huge_pages.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <new>

namespace unclip::model {

HugePages::HugePages(size_t byte_count) {
  if (byte_count == 0) return;
  static const size_t small = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  size_ = (byte_count + small - 1) / small * small;
  // A huge page more than is needed, as the kernel aligns to small ones only; what is left over at both ends goes back.
  void* const mapped = mmap(nullptr, size_ + kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  auto* const begin = static_cast<std::byte*>(mapped);
  const size_t before = (kSize - reinterpret_cast<uintptr_t>(begin) % kSize) % kSize;
  if (before > 0) munmap(begin, before);
  data_ = begin + before;
  munmap(data_ + size_, kSize - before);
  madvise(data_, size_, MADV_HUGEPAGE);  // without it they are small ones
}

HugePages::~HugePages() {
  if (data_ != nullptr) munmap(data_, size_);
}

}  // namespace unclip::model
