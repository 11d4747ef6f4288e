// For tests: how much of a mapped range is resident.
#ifndef UNCLIP_MODEL_WEIGHTS_RESIDENT_PAGES_H_
#define UNCLIP_MODEL_WEIGHTS_RESIDENT_PAGES_H_

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"

namespace unclip::model {

// How many pages that `range` touches this process holds in memory, as the kernel counts them.
inline int64_t ResidentPages(absl::Span<const std::byte> range) {
  const uintptr_t page_size = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const uintptr_t first = reinterpret_cast<uintptr_t>(range.data()) / page_size;
  const uintptr_t last = (reinterpret_cast<uintptr_t>(range.data()) + range.size() - 1) / page_size;
  std::vector<uint64_t> entries(last - first + 1);
  const int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  EXPECT_GE(pagemap, 0);
  EXPECT_EQ(pread(pagemap, entries.data(), entries.size() * sizeof(uint64_t), static_cast<off_t>(first * sizeof(uint64_t))),
            static_cast<ssize_t>(entries.size() * sizeof(uint64_t)));
  close(pagemap);
  int64_t count = 0;
  for (const uint64_t entry : entries) count += static_cast<int64_t>(entry >> 63);  // the bit "present"
  return count;
}

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_WEIGHTS_RESIDENT_PAGES_H_
