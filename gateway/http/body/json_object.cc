#include "gateway/http/body/json_object.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "common/validation/field_check.h"
#include "gateway/http/body/field_value.h"

namespace unclip::gateway {
namespace {

// nlohmann's number for a number that no double can hold.
constexpr int kNumberOverflow = 406;

}  // namespace

// Keeps the outermost object's fields, and walks past what is inside their lists and objects.
class JsonObject::Reader : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Reader(const JsonLimits& limits) : limits_(limits) {}

  absl::Status status() const { return absl::InvalidArgumentError(problem_); }
  std::vector<Field> TakeFields() { return std::move(fields_); }

  bool null() override { return Keep(std::monostate()); }
  bool boolean(bool value) override { return Keep(value); }
  bool number_integer(number_integer_t value) override { return Keep(static_cast<int64_t>(value)); }
  bool number_unsigned(number_unsigned_t value) override { return Keep(static_cast<uint64_t>(value)); }
  bool number_float(number_float_t value, const string_t& text) override { return Keep(Real{value, text}); }
  bool string(string_t& value) override { return Keep(std::move(value)); }
  bool binary(binary_t&) override { return Fail("the body is not JSON"); }
  bool start_object(std::size_t) override { return Enter(Nested::kObject); }
  bool start_array(std::size_t) override { return Enter(Nested::kList); }
  bool end_object() override { return Leave(); }
  bool end_array() override { return Leave(); }

  bool key(string_t& key) override {
    if (depth_ > 1) return true;
    if (key.size() > kMaxFieldNameBytes) {
      return Fail(absl::StrCat("the body has a field ", Quoted(key), " whose name is ", key.size(),
                               " bytes long; it must be at most ", kMaxFieldNameBytes));
    }
    if (std::any_of(fields_.begin(), fields_.end(), [&](const Field& field) { return field.name == key; })) {
      return Fail(absl::StrCat("the body has the field ", Quoted(key), " twice; it must have it once"));
    }
    if (fields_.size() >= limits_.max_fields) {
      return Fail(absl::StrCat("the body has more than ", limits_.max_fields, " fields; it must have at most as many"));
    }
    fields_.push_back({.name = std::move(key)});
    return true;
  }

  bool parse_error(std::size_t position, const std::string& token, const nlohmann::detail::exception& error) override {
    if (error.id == kNumberOverflow && !fields_.empty()) {
      constexpr size_t kMaxShown = 40;
      return Fail(absl::StrCat(fields_.back().name, " is ", token.substr(0, kMaxShown), token.size() > kMaxShown ? "..." : "",
                               "; it must be a number of at most ", std::numeric_limits<double>::max()));
    }
    return Fail(absl::StrCat("the body is not valid JSON at byte ", position, "; it must be a JSON object in UTF-8"));
  }

 private:
  bool Fail(std::string problem) {
    problem_ = std::move(problem);
    return false;
  }

  bool Keep(Value value) {
    if (depth_ == 0) return Fail("the body is not a JSON object; it must be one");
    if (depth_ == 1) fields_.back().value = std::move(value);
    return true;
  }

  bool Enter(Nested nested) {
    if (depth_ == 0 && nested != Nested::kObject) return Fail("the body is a JSON list; it must be an object");
    if (depth_ == 1) fields_.back().value = nested;
    if (++depth_ <= limits_.max_depth) return true;
    return Fail(absl::StrCat("the body is nested deeper than ", limits_.max_depth, " levels; it must be at most so deep"));
  }

  bool Leave() {
    --depth_;
    return true;
  }

  const JsonLimits limits_;
  size_t depth_ = 0;
  std::vector<Field> fields_;
  std::string problem_ = "the body cannot be read";
};

absl::StatusOr<JsonObject> JsonObject::Parse(absl::string_view body, const JsonLimits& limits) {
  if (body.size() > limits.max_bytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("the body is ", body.size(), " bytes long; it must be at most ", limits.max_bytes));
  }
  if (body.empty()) return absl::InvalidArgumentError("the body is empty; it must be a JSON object");
  // nlohmann's parser takes a NUL for the end of the text, and would not look at what follows.
  if (const size_t position = body.find('\0'); position != absl::string_view::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("the body is not valid JSON at byte ", position + 1, "; it must be a JSON object in UTF-8"));
  }
  Reader reader(limits);
  if (!nlohmann::json::sax_parse(body.begin(), body.end(), &reader)) return reader.status();
  JsonObject object;
  object.fields_ = reader.TakeFields();
  return object;
}

std::string JsonObject::Shown(const Value& value) {
  struct Visitor {
    std::string operator()(std::monostate) const { return "null"; }
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(int64_t value) const { return absl::StrCat(value); }
    std::string operator()(uint64_t value) const { return absl::StrCat(value); }
    std::string operator()(const Real& value) const {
      constexpr size_t kMaxShown = 40;
      return absl::StrCat(value.text.substr(0, kMaxShown), value.text.size() > kMaxShown ? "..." : "");
    }
    std::string operator()(const std::string& value) const { return Quoted(value); }
    std::string operator()(Nested value) const { return value == Nested::kList ? "a list" : "an object"; }
  };
  return std::visit(Visitor(), value);
}

const JsonObject::Value* JsonObject::Ask(absl::string_view name) {
  for (Field& field : fields_) {
    if (field.name != name) continue;
    field.was_asked_for = true;
    return std::holds_alternative<std::monostate>(field.value) ? nullptr : &field.value;
  }
  return nullptr;
}

bool JsonObject::Has(absl::string_view name) const {
  return std::any_of(fields_.begin(), fields_.end(), [&](const Field& field) {
    return field.name == name && !std::holds_alternative<std::monostate>(field.value);
  });
}

absl::StatusOr<std::optional<std::string>> JsonObject::GetString(absl::string_view name) {
  const Value* value = Ask(name);
  if (value == nullptr) return std::nullopt;
  if (const auto* text = std::get_if<std::string>(value)) return *text;
  return WrongValue(name, Shown(*value), "a string");
}

absl::StatusOr<std::optional<int64_t>> JsonObject::GetInt(absl::string_view name, int64_t minimum, int64_t maximum) {
  const Value* value = Ask(name);
  if (value == nullptr) return std::nullopt;
  std::optional<int64_t> whole;
  if (const auto* number = std::get_if<int64_t>(value)) whole = *number;
  if (const auto* number = std::get_if<uint64_t>(value); number != nullptr && std::in_range<int64_t>(*number)) {
    whole = static_cast<int64_t>(*number);
  }
  if (!whole.has_value()) return WrongValue(name, Shown(*value), WantedInt(minimum, maximum));
  RETURN_IF_ERROR(CheckIntRange(name, *whole, minimum, maximum));
  return whole;
}

absl::StatusOr<std::optional<uint64_t>> JsonObject::GetUint64(absl::string_view name) {
  const Value* value = Ask(name);
  if (value == nullptr) return std::nullopt;
  if (const auto* number = std::get_if<uint64_t>(value)) return *number;
  // "-0".
  if (const auto* number = std::get_if<int64_t>(value); number != nullptr && *number == 0) return 0;
  if (const auto* text = std::get_if<std::string>(value)) {
    ASSIGN_OR_RETURN(const uint64_t parsed, ParseUint64(name, *text));
    return parsed;
  }
  return WrongValue(name, Shown(*value), WantedUint64());
}

absl::StatusOr<std::optional<double>> JsonObject::GetDouble(absl::string_view name, double minimum, double maximum) {
  const Value* value = Ask(name);
  if (value == nullptr) return std::nullopt;
  std::optional<double> number;
  if (const auto* whole = std::get_if<int64_t>(value)) number = static_cast<double>(*whole);
  if (const auto* whole = std::get_if<uint64_t>(value)) number = static_cast<double>(*whole);
  if (const auto* real = std::get_if<Real>(value)) number = real->value;
  if (!number.has_value()) return WrongValue(name, Shown(*value), WantedDouble(minimum, maximum));
  RETURN_IF_ERROR(CheckDoubleRange(name, *number, minimum, maximum));
  return number;
}

absl::StatusOr<std::optional<bool>> JsonObject::GetBool(absl::string_view name) {
  const Value* value = Ask(name);
  if (value == nullptr) return std::nullopt;
  if (const auto* flag = std::get_if<bool>(value)) return *flag;
  return WrongValue(name, Shown(*value), WantedBool());
}

std::optional<std::string> JsonObject::UnknownName() const {
  for (const Field& field : fields_) {
    if (!field.was_asked_for) return field.name;
  }
  return std::nullopt;
}

}  // namespace unclip::gateway
