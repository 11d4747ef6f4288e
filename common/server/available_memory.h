// How much memory this process may still take.
#ifndef UNCLIP_COMMON_SERVER_AVAILABLE_MEMORY_H_
#define UNCLIP_COMMON_SERVER_AVAILABLE_MEMORY_H_

#include <cstdint>
#include <optional>
#include <string>

namespace unclip {

// Bytes that the machine (MemAvailable of proc/meminfo) and the process's control group (version 2 or 1: its limit, less what it
// uses, but for file pages that the kernel can drop) both still have; no value when neither can be read. `root` is where proc
// and sys lie, "/" but for tests. Control groups are looked for where a container sees its own.
std::optional<int64_t> AvailableMemory(const std::string& root = "/");

}  // namespace unclip

#endif  // UNCLIP_COMMON_SERVER_AVAILABLE_MEMORY_H_
