// What the bodies of requests have in common, be they JSON or multipart/form-data: fields with names.
#ifndef UNCLIP_GATEWAY_HTTP_BODY_BODY_FIELDS_H_
#define UNCLIP_GATEWAY_HTTP_BODY_BODY_FIELDS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace unclip::gateway {

// Fields that are read by name. An absent field is nothing, not an error. A field that cannot be read as asked is
// INVALID_ARGUMENT, whose message is one sentence: "NAME is VALUE; it must be ...", with VALUE cut short.
//
// Asking for a field, whatever it holds, makes its name known; UnknownName() tells of those that nobody asked for. So ask for all
// that there can be, then for UnknownName(). Not thread-safe.
class BodyFields {
 public:
  virtual ~BodyFields() = default;

  // Whether the field has a value (in JSON: not null; in a form: not empty). Does not make the name known.
  virtual bool Has(absl::string_view name) const = 0;

  // Text, valid UTF-8. Numbers and booleans of JSON are not made into text.
  virtual absl::StatusOr<std::optional<std::string>> GetString(absl::string_view name) = 0;

  // A whole number, minimum to maximum. In JSON a number without fraction and exponent; in a form, decimal digits.
  virtual absl::StatusOr<std::optional<int64_t>> GetInt(absl::string_view name, int64_t minimum, int64_t maximum) = 0;

  // A whole number, 0 to 2^64-1, to the last digit. In JSON a number, or decimal digits as a string, since JavaScript's numbers
  // hold 53 bits.
  virtual absl::StatusOr<std::optional<uint64_t>> GetUint64(absl::string_view name) = 0;

  // A finite number, minimum to maximum.
  virtual absl::StatusOr<std::optional<double>> GetDouble(absl::string_view name, double minimum, double maximum) = 0;

  // true or false.
  virtual absl::StatusOr<std::optional<bool>> GetBool(absl::string_view name) = 0;

  // The first field of the body that nobody has asked for, with a value or without; nothing when there is none.
  virtual std::optional<std::string> UnknownName() const = 0;
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_BODY_BODY_FIELDS_H_
