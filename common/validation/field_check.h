// Checks of request fields. Each error is INVALID_ARGUMENT and names the field, its value and what is allowed.
#ifndef UNCLIP_COMMON_VALIDATION_FIELD_CHECK_H_
#define UNCLIP_COMMON_VALIDATION_FIELD_CHECK_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace unclip {

// OK when minimum ≤ value ≤ maximum.
absl::Status CheckIntRange(absl::string_view field, int64_t value, int64_t minimum, int64_t maximum);

// OK when `value` is finite and minimum ≤ value ≤ maximum.
absl::Status CheckDoubleRange(absl::string_view field, double value, double minimum, double maximum);

// OK when `text` is at most `max_bytes` long, valid UTF-8 (no surrogates, no overlong forms) and free of control characters
// (U+0000 to U+001F, U+007F to U+009F) but \t \n \r. The error gives the offset and the byte, never the text.
absl::Status CheckText(absl::string_view field, absl::string_view text, size_t max_bytes);

// OK when `text` is valid UTF-8, as above.
absl::Status CheckUtf8(absl::string_view field, absl::string_view text);

// OK when every value is finite. The error gives the index of the first that is not.
absl::Status CheckFinite(absl::string_view field, absl::Span<const float> values);

// OK when a repeated field has exactly `expected` values.
absl::Status CheckLength(absl::string_view field, size_t actual, size_t expected);

}  // namespace unclip

#endif  // UNCLIP_COMMON_VALIDATION_FIELD_CHECK_H_
