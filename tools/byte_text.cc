#include "tools/byte_text.h"

#include <iterator>

#include "absl/strings/str_format.h"

namespace unclip {

std::string ByteText(uint64_t bytes) {
  if (bytes < 1000) return absl::StrFormat("%d B", bytes);
  constexpr const char* kUnits[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
  double amount = static_cast<double>(bytes) / 1000;
  size_t unit = 0;
  // 999.5 would be shown as 1000.
  for (; amount >= 999.5 && unit + 1 < std::size(kUnits); ++unit) amount /= 1000;
  const int decimals = amount < 9.995 ? 2 : amount < 99.95 ? 1 : 0;
  return absl::StrFormat("%.*f %s", decimals, amount, kUnits[unit]);
}

}  // namespace unclip
