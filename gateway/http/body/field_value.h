// Values of fields, out of text and into the words of errors.
#ifndef UNCLIP_GATEWAY_HTTP_BODY_FIELD_VALUE_H_
#define UNCLIP_GATEWAY_HTTP_BODY_FIELD_VALUE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace unclip::gateway {

// No field of ours has a longer name. Names are echoed in errors.
inline constexpr size_t kMaxFieldNameBytes = 128;

// `text` in quotes, as ASCII or UTF-8 without control characters, cut short: fit for an error's message.
std::string Quoted(absl::string_view text);

// INVALID_ARGUMENT, "NAME is VALUE; it must be WANTED". `value` comes in the words of the caller.
absl::Status WrongValue(absl::string_view name, absl::string_view value, absl::string_view wanted);

// What an int, a double and so on must be, for WrongValue().
std::string WantedInt(int64_t minimum, int64_t maximum);
std::string WantedUint64();
std::string WantedDouble(double minimum, double maximum);
std::string WantedBool();

// Read all of `text`, the value of the field `name`: decimal digits with '-' in front of them perhaps, a number, "true" or
// "false". White space, '+', hexadecimal, "nan" and "inf" are refused.
absl::StatusOr<int64_t> ParseInt(absl::string_view name, absl::string_view text, int64_t minimum, int64_t maximum);
absl::StatusOr<uint64_t> ParseUint64(absl::string_view name, absl::string_view text);
absl::StatusOr<double> ParseDouble(absl::string_view name, absl::string_view text, double minimum, double maximum);
absl::StatusOr<bool> ParseBool(absl::string_view name, absl::string_view text);

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_BODY_FIELD_VALUE_H_
