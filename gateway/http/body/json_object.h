// A request body of JSON.
#ifndef UNCLIP_GATEWAY_HTTP_BODY_JSON_OBJECT_H_
#define UNCLIP_GATEWAY_HTTP_BODY_JSON_OBJECT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gateway/http/body/body_fields.h"

namespace unclip::gateway {

struct JsonLimits {
  size_t max_bytes = 1 << 20;  // of the body
  size_t max_depth = 8;        // of objects and lists in one another, the outermost counted
  size_t max_fields = 200;     // of the outermost object
};

// The fields of one JSON object. Values are kept as they were written: whole numbers to the last digit, and nothing is made into
// another type. null is the same as absent. Lists and objects as values have no getter: whoever asks for such a field is told
// that it must be something else.
class JsonObject final : public BodyFields {
 public:
  // Reads `body`, which must be one JSON object (RFC 8259), in UTF-8, without a name that comes twice in the outermost object.
  // INVALID_ARGUMENT says what is wrong with it; nothing is recursive, so depth costs no stack.
  static absl::StatusOr<JsonObject> Parse(absl::string_view body, const JsonLimits& limits = {});

  bool Has(absl::string_view name) const override;
  absl::StatusOr<std::optional<std::string>> GetString(absl::string_view name) override;
  absl::StatusOr<std::optional<int64_t>> GetInt(absl::string_view name, int64_t minimum, int64_t maximum) override;
  absl::StatusOr<std::optional<uint64_t>> GetUint64(absl::string_view name) override;
  absl::StatusOr<std::optional<double>> GetDouble(absl::string_view name, double minimum, double maximum) override;
  absl::StatusOr<std::optional<bool>> GetBool(absl::string_view name) override;
  std::optional<std::string> UnknownName() const override;

 private:
  class Reader;

  // A number with a fraction or an exponent, or too large for 64 bits.
  struct Real {
    double value = 0;
    std::string text = {};
  };
  enum class Nested { kList, kObject };
  using Value = std::variant<std::monostate, bool, int64_t, uint64_t, Real, std::string, Nested>;

  struct Field {
    std::string name = {};
    Value value = {};
    bool was_asked_for = false;
  };

  // The value in the words of an error.
  static std::string Shown(const Value& value);

  // Makes the name known. Null when the field is absent or null.
  const Value* Ask(absl::string_view name);

  std::vector<Field> fields_;  // in the body's order; few enough to be searched one by one
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_BODY_JSON_OBJECT_H_
