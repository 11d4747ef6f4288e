#include "gateway/http/body/field_value.h"

#include <charconv>
#include <optional>
#include <system_error>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "common/validation/field_check.h"

namespace unclip::gateway {
namespace {

// std::from_chars, because it takes no white space, no '+', and does not know the process's locale.
template <typename T>
std::optional<T> ParseAll(absl::string_view text) {
  T value = {};
  const char* const end = text.data() + text.size();
  const std::from_chars_result result = std::from_chars(text.data(), end, value);
  if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return value;
}

}  // namespace

std::string Quoted(absl::string_view text) {
  constexpr size_t kMaxShown = 40;
  absl::string_view shown = text.substr(0, kMaxShown);
  // Not inside a character.
  while (shown.size() < text.size() && !shown.empty() && (static_cast<unsigned char>(text[shown.size()]) & 0xC0) == 0x80) {
    shown.remove_suffix(1);
  }
  // Bytes that are no UTF-8 stand in errors as they would in C.
  const std::string escaped = CheckUtf8("", shown).ok() ? absl::Utf8SafeCHexEscape(shown) : absl::CHexEscape(shown);
  return absl::StrCat("\"", escaped, shown.size() < text.size() ? "..." : "", "\"");
}

absl::Status WrongValue(absl::string_view name, absl::string_view value, absl::string_view wanted) {
  return absl::InvalidArgumentError(absl::StrCat(name, " is ", value, "; it must be ", wanted));
}

std::string WantedInt(int64_t minimum, int64_t maximum) { return absl::StrCat("a whole number from ", minimum, " to ", maximum); }

std::string WantedUint64() { return "a whole number from 0 to 18446744073709551615"; }

std::string WantedDouble(double minimum, double maximum) { return absl::StrFormat("a number from %g to %g", minimum, maximum); }

std::string WantedBool() { return "true or false"; }

absl::StatusOr<int64_t> ParseInt(absl::string_view name, absl::string_view text, int64_t minimum, int64_t maximum) {
  const std::optional<int64_t> value = ParseAll<int64_t>(text);
  if (!value.has_value()) return WrongValue(name, Quoted(text), WantedInt(minimum, maximum));
  RETURN_IF_ERROR(CheckIntRange(name, *value, minimum, maximum));
  return *value;
}

absl::StatusOr<uint64_t> ParseUint64(absl::string_view name, absl::string_view text) {
  const std::optional<uint64_t> value = ParseAll<uint64_t>(text);
  if (!value.has_value()) return WrongValue(name, Quoted(text), WantedUint64());
  return *value;
}

absl::StatusOr<double> ParseDouble(absl::string_view name, absl::string_view text, double minimum, double maximum) {
  const std::optional<double> value = ParseAll<double>(text);
  if (!value.has_value()) return WrongValue(name, Quoted(text), WantedDouble(minimum, maximum));
  RETURN_IF_ERROR(CheckDoubleRange(name, *value, minimum, maximum));
  return *value;
}

absl::StatusOr<bool> ParseBool(absl::string_view name, absl::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return WrongValue(name, Quoted(text), WantedBool());
}

}  // namespace unclip::gateway
