#include "common/server/available_memory.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace unclip {
namespace {

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// A file that holds one number; none where it is missing or says "max".
std::optional<int64_t> ReadNumber(const std::string& path) {
  int64_t number = 0;
  if (absl::SimpleAtoi(ReadFile(path), &number) && number >= 0) return number;
  return std::nullopt;
}

// The number after `name` at the start of a line of `path`.
std::optional<int64_t> ReadField(const std::string& path, absl::string_view name) {
  const std::string text = ReadFile(path);
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const std::vector<absl::string_view> words = absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
    int64_t number = 0;
    if (words.size() >= 2 && words[0] == name && absl::SimpleAtoi(words[1], &number)) return number;
  }
  return std::nullopt;
}

std::optional<int64_t> GroupMemory(const std::string& limit_file, const std::string& usage_file, const std::string& stat_file,
                                   absl::string_view file_pages) {
  const std::optional<int64_t> limit = ReadNumber(limit_file), usage = ReadNumber(usage_file);
  if (!limit.has_value() || !usage.has_value()) return std::nullopt;
  return std::max<int64_t>(0, *limit - *usage + ReadField(stat_file, file_pages).value_or(0));
}

}  // namespace

std::optional<int64_t> AvailableMemory(const std::string& root) {
  std::optional<int64_t> available;
  const auto bound = [&available](std::optional<int64_t> bytes) {
    if (bytes.has_value()) available = std::min(available.value_or(*bytes), *bytes);
  };
  const std::optional<int64_t> kibibytes = ReadField(root + "/proc/meminfo", "MemAvailable:");
  if (kibibytes.has_value()) bound(*kibibytes * 1024);
  const std::string second = root + "/sys/fs/cgroup/", first = second + "memory/";
  bound(GroupMemory(second + "memory.max", second + "memory.current", second + "memory.stat", "inactive_file"));
  bound(GroupMemory(first + "memory.limit_in_bytes", first + "memory.usage_in_bytes", first + "memory.stat",
                    "total_inactive_file"));
  return available;
}

}  // namespace unclip
