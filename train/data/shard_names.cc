#include "train/data/shard_names.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"

namespace unclip::train {
namespace {

namespace fs = std::filesystem;

bool IsNumber(absl::string_view text) {
  return !text.empty() && text.size() <= 9 && std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
}

absl::StatusOr<std::vector<std::string>> ListFolder(const std::string& dir) {
  std::vector<std::string> names;
  std::error_code error;
  fs::directory_iterator it(dir, error);
  for (const fs::directory_iterator end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == ".tar") names.push_back(it->path().string());
  }
  if (error) return absl::ErrnoToStatus(error.value(), absl::StrCat(dir, ": cannot be listed"));
  if (names.empty()) return absl::NotFoundError(absl::StrCat(dir, ": holds no .tar file"));
  std::sort(names.begin(), names.end());
  return names;
}

absl::StatusOr<std::vector<std::string>> ExpandRange(absl::string_view pattern, size_t open) {
  const size_t close = pattern.find('}', open);
  const absl::string_view prefix = pattern.substr(0, open);
  const absl::string_view range = pattern.substr(open + 1, close == absl::string_view::npos ? close : close - open - 1);
  const absl::string_view suffix = close == absl::string_view::npos ? "" : pattern.substr(close + 1);
  const size_t dots = range.find("..");
  const absl::string_view first_text = range.substr(0, dots);
  const absl::string_view last_text = dots == absl::string_view::npos ? "" : range.substr(dots + 2);
  if (close == absl::string_view::npos || !IsNumber(first_text) || !IsNumber(last_text) ||
      suffix.find_first_of("{}") != absl::string_view::npos) {
    return absl::InvalidArgumentError(absl::StrCat(
        pattern, ": the braces must hold one range of numbers, such as {000..012}, and there may be one pair of them"));
  }
  int64_t first = 0, last = 0;
  if (!absl::SimpleAtoi(first_text, &first) || !absl::SimpleAtoi(last_text, &last) || last < first ||
      last - first >= kMaxShards) {
    return absl::InvalidArgumentError(absl::StrCat(pattern, ": the range must go up, and hold at most ", kMaxShards, " numbers"));
  }
  const int width = first_text[0] == '0' ? static_cast<int>(first_text.size()) : 1;
  std::vector<std::string> names;
  for (int64_t number = first; number <= last; ++number) {
    names.push_back(absl::StrCat(prefix, absl::StrFormat("%0*d", width, number), suffix));
  }
  return names;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ShardNames(const std::string& pattern) {
  std::error_code unknown;  // what cannot be looked at is no folder; opening it will say why
  if (fs::is_directory(pattern, unknown)) return ListFolder(pattern);
  const size_t open = pattern.find('{');
  if (open == std::string::npos || fs::exists(pattern, unknown)) return std::vector<std::string>{pattern};
  return ExpandRange(pattern, open);
}

}  // namespace unclip::train
