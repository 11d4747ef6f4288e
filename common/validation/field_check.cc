#include "common/validation/field_check.h"

#include <cmath>
#include <cstdint>

#include "absl/strings/str_format.h"
#include "common/validation/utf8.h"

namespace unclip {
namespace {

bool IsRefusedControl(uint32_t code_point) {
  if (code_point == '\t' || code_point == '\n' || code_point == '\r') return false;
  return code_point < 0x20 || (code_point >= 0x7F && code_point <= 0x9F);
}

absl::Status WalkText(absl::string_view field, absl::string_view text, bool refuse_controls) {
  for (size_t offset = 0; offset < text.size();) {
    const auto byte = static_cast<unsigned char>(text[offset]);
    uint32_t code_point = 0;
    const size_t length = Utf8SequenceLength(text.substr(offset), &code_point);
    if (length == 0) {
      return absl::InvalidArgumentError(
          absl::StrFormat("%s is not valid UTF-8: byte 0x%02x at offset %d; it must be valid UTF-8", field, byte, offset));
    }
    if (refuse_controls && IsRefusedControl(code_point)) {
      return absl::InvalidArgumentError(
          absl::StrFormat("%s holds the control character U+%04X at offset %d (byte 0x%02x); only tab and line ends are allowed",
                          field, code_point, offset, byte));
    }
    offset += length;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckIntRange(absl::string_view field, int64_t value, int64_t minimum, int64_t maximum) {
  if (value >= minimum && value <= maximum) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrFormat("%s is %d; it must be %d to %d", field, value, minimum, maximum));
}

absl::Status CheckDoubleRange(absl::string_view field, double value, double minimum, double maximum) {
  if (std::isfinite(value) && value >= minimum && value <= maximum) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrFormat("%s is %g; it must be a number from %g to %g", field, value, minimum, maximum));
}

absl::Status CheckText(absl::string_view field, absl::string_view text, size_t max_bytes) {
  if (text.size() > max_bytes) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s is %d bytes long; it must be at most %d bytes of UTF-8", field, text.size(), max_bytes));
  }
  return WalkText(field, text, /*refuse_controls=*/true);
}

absl::Status CheckUtf8(absl::string_view field, absl::string_view text) {
  return WalkText(field, text, /*refuse_controls=*/false);
}

absl::Status CheckFinite(absl::string_view field, absl::Span<const float> values) {
  for (size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) {
      return absl::InvalidArgumentError(absl::StrFormat("%s[%d] is %g; every value must be finite", field, i, values[i]));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckLength(absl::string_view field, size_t actual, size_t expected) {
  if (actual == expected) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrFormat("%s has %d values; it must have %d", field, actual, expected));
}

}  // namespace unclip
