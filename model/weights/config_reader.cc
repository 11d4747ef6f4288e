#include "model/weights/config_reader.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "model/weights/json_file.h"

namespace unclip::model {
namespace {

using Json = nlohmann::json;

// One line, ASCII, not too long.
std::string Text(const Json& value) {
  constexpr size_t kMaxShown = 120;
  const std::string text = value.dump(-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace);
  return text.size() <= kMaxShown ? text : absl::StrCat(text.substr(0, kMaxShown), "...");
}

std::string RangeText(double minimum, double maximum) { return absl::StrCat(minimum, " to ", maximum); }

std::optional<int64_t> AsInt(const Json& value) {
  if (!value.is_number_integer()) return std::nullopt;
  if (value.is_number_unsigned() && value.get<uint64_t>() > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    return std::nullopt;
  }
  return value.get<int64_t>();
}

std::optional<int64_t> AsIntWithin(const Json& value, int64_t minimum, int64_t maximum) {
  const std::optional<int64_t> number = AsInt(value);
  return number.has_value() && *number >= minimum && *number <= maximum ? number : std::nullopt;
}

std::optional<double> AsDoubleWithin(const Json& value, double minimum, double maximum) {
  if (!value.is_number()) return std::nullopt;
  const double number = value.get<double>();
  return std::isfinite(number) && number >= minimum && number <= maximum ? std::optional<double>(number) : std::nullopt;
}

bool IsDisabled(const Json& value) {
  return value.is_null() || value == Json(false) || value == Json(0) || value == Json("") || value == Json("none") ||
         ((value.is_array() || value.is_object()) && value.empty());
}

}  // namespace

absl::StatusOr<ConfigReader> ConfigReader::Open(const std::string& path) {
  ASSIGN_OR_RETURN(Json root, ReadJsonObject(path));
  return ConfigReader(std::move(root), path);
}

absl::StatusOr<ConfigReader> ConfigReader::Parse(absl::string_view text, absl::string_view path) {
  ASSIGN_OR_RETURN(Json root, ParseJsonObject(text, path));
  return ConfigReader(std::move(root), std::string(path));
}

int64_t ConfigReader::Int(absl::string_view key, int64_t minimum, int64_t maximum, std::optional<int64_t> fallback) {
  const Json* const value = Take(key, !fallback.has_value());
  if (value == nullptr) return fallback.value_or(minimum);
  const std::optional<int64_t> number = AsIntWithin(*value, minimum, maximum);
  if (!number.has_value()) Fail(key, absl::StrCat("must be a whole number from ", minimum, " to ", maximum));
  return number.value_or(fallback.value_or(minimum));
}

std::optional<int64_t> ConfigReader::OptionalInt(absl::string_view key, int64_t minimum, int64_t maximum) {
  const Json* const value = Take(key, /*required=*/false);
  if (value == nullptr || value->is_null()) return std::nullopt;
  const std::optional<int64_t> number = AsIntWithin(*value, minimum, maximum);
  if (!number.has_value()) Fail(key, absl::StrCat("must be null or a whole number from ", minimum, " to ", maximum));
  return number;
}

double ConfigReader::Double(absl::string_view key, double minimum, double maximum, std::optional<double> fallback) {
  const Json* const value = Take(key, !fallback.has_value());
  if (value == nullptr) return fallback.value_or(minimum);
  const std::optional<double> number = AsDoubleWithin(*value, minimum, maximum);
  if (!number.has_value()) Fail(key, absl::StrCat("must be a number from ", RangeText(minimum, maximum)));
  return number.value_or(fallback.value_or(minimum));
}

std::optional<double> ConfigReader::OptionalDouble(absl::string_view key, double minimum, double maximum) {
  const Json* const value = Take(key, /*required=*/false);
  if (value == nullptr || value->is_null()) return std::nullopt;
  const std::optional<double> number = AsDoubleWithin(*value, minimum, maximum);
  if (!number.has_value()) Fail(key, absl::StrCat("must be null or a number from ", RangeText(minimum, maximum)));
  return number;
}

bool ConfigReader::Bool(absl::string_view key, std::optional<bool> fallback) {
  const Json* const value = Take(key, !fallback.has_value());
  if (value != nullptr && value->is_boolean()) return value->get<bool>();
  if (value != nullptr) Fail(key, "must be true or false");
  return fallback.value_or(false);
}

std::string ConfigReader::String(absl::string_view key, std::optional<std::string> fallback) {
  const Json* const value = Take(key, !fallback.has_value());
  if (value != nullptr && value->is_string()) return value->get<std::string>();
  if (value != nullptr) Fail(key, "must be a text");
  return std::move(fallback).value_or("");
}

std::string ConfigReader::Choice(absl::string_view key, std::initializer_list<absl::string_view> allowed,
                                 std::optional<std::string> fallback) {
  const std::string value = String(key, std::move(fallback));
  if (status_.ok() && std::find(allowed.begin(), allowed.end(), value) == allowed.end()) {
    Fail(key, absl::StrCat("is not implemented; implemented: ", absl::StrJoin(allowed, ", ")));
  }
  return value;
}

std::vector<int64_t> ConfigReader::IntList(absl::string_view key, int64_t minimum, int64_t maximum,
                                           std::optional<std::vector<int64_t>> fallback) {
  const Json* const list = Take(key, !fallback.has_value());
  if (list == nullptr) return status_.ok() ? *std::move(fallback) : std::vector<int64_t>();
  std::vector<int64_t> result;
  bool sound = list->is_array() && !list->empty() && list->size() <= kMaxListSize;
  for (size_t i = 0; sound && i < list->size(); ++i) {
    const std::optional<int64_t> number = AsIntWithin((*list)[i], minimum, maximum);
    sound = number.has_value();
    result.push_back(number.value_or(0));
  }
  if (sound) return result;
  Fail(key, absl::StrCat("must be a list of 1 to ", kMaxListSize, " whole numbers from ", minimum, " to ", maximum));
  return {};
}

std::vector<double> ConfigReader::DoubleList(absl::string_view key, double minimum, double maximum,
                                             std::optional<std::vector<double>> fallback) {
  const Json* const list = Take(key, !fallback.has_value());
  if (list == nullptr) return status_.ok() ? *std::move(fallback) : std::vector<double>();
  std::vector<double> result;
  bool sound = list->is_array() && !list->empty() && list->size() <= kMaxListSize;
  for (size_t i = 0; sound && i < list->size(); ++i) {
    const std::optional<double> number = AsDoubleWithin((*list)[i], minimum, maximum);
    sound = number.has_value();
    result.push_back(number.value_or(0));
  }
  if (sound) return result;
  Fail(key, absl::StrCat("must be a list of 1 to ", kMaxListSize, " numbers from ", RangeText(minimum, maximum)));
  return {};
}

std::vector<std::string> ConfigReader::StringList(absl::string_view key, std::optional<std::vector<std::string>> fallback) {
  const Json* const list = Take(key, !fallback.has_value());
  if (list == nullptr) return status_.ok() ? *std::move(fallback) : std::vector<std::string>();
  std::vector<std::string> result;
  bool sound = list->is_array() && !list->empty() && list->size() <= kMaxListSize;
  for (size_t i = 0; sound && i < list->size(); ++i) {
    sound = (*list)[i].is_string();
    if (sound) result.push_back((*list)[i].get<std::string>());
  }
  if (sound) return result;
  Fail(key, absl::StrCat("must be a list of 1 to ", kMaxListSize, " texts"));
  return {};
}

void ConfigReader::Expect(absl::string_view key, std::initializer_list<Json> allowed, const Json& reference_default) {
  const Json* value = Take(key, /*required=*/false);
  if (!status_.ok()) return;
  const bool is_absent = value == nullptr;
  if (is_absent) value = &reference_default;
  if (std::find(allowed.begin(), allowed.end(), *value) != allowed.end()) return;
  const std::string implemented =
      absl::StrCat("is not implemented; implemented: ",
                   absl::StrJoin(allowed, ", ", [](std::string* out, const Json& item) { out->append(Text(item)); }));
  if (!is_absent) return Fail(key, implemented);
  status_ = absl::InvalidArgumentError(
      absl::StrCat(path_, ": option \"", key, "\" is absent, which means ", Text(*value), " and ", implemented));
}

void ConfigReader::ExpectClass(absl::string_view class_name) {
  const Json* const value = Lookup("_class_name");
  if (value != nullptr && *value != Json(std::string(class_name))) {
    Fail("_class_name", absl::StrCat("must be \"", class_name, "\" here"));
  }
}

void ConfigReader::Ignore(absl::string_view key) { read_.emplace(key); }

void ConfigReader::IgnoreWhenDisabled(absl::string_view key) {
  const Json* const value = Take(key, /*required=*/false);
  if (value != nullptr && !IsDisabled(*value)) Fail(key, "is not implemented");
}

bool ConfigReader::Has(absl::string_view key) const { return Lookup(key) != nullptr; }

bool ConfigReader::IsObject(absl::string_view key) const {
  const Json* const value = Lookup(key);
  return value != nullptr && value->is_object();
}

void ConfigReader::Check(bool condition, absl::string_view key, absl::string_view problem) {
  if (!condition) Fail(key, problem);
}

absl::Status ConfigReader::Finish() {
  if (status_.ok()) CheckAllRead(root_, "");
  return status_;
}

const Json* ConfigReader::Lookup(absl::string_view key) const {
  const Json* value = &root_;
  for (const absl::string_view part : absl::StrSplit(key, '.')) {
    if (!value->is_object()) return nullptr;
    const auto it = value->find(std::string(part));
    if (it == value->end()) return nullptr;
    value = &*it;
  }
  return value;
}

const Json* ConfigReader::Take(absl::string_view key, bool required) {
  read_.emplace(key);
  if (!status_.ok()) return nullptr;
  const Json* const value = Lookup(key);
  if (value == nullptr && required) {
    status_ = absl::InvalidArgumentError(absl::StrCat(path_, ": option \"", key, "\" is missing"));
  }
  return value;
}

void ConfigReader::Fail(absl::string_view key, absl::string_view problem) {
  if (!status_.ok()) return;
  const Json* const value = Lookup(key);
  status_ = absl::InvalidArgumentError(
      absl::StrCat(path_, ": option \"", key, "\"", value != nullptr ? absl::StrCat(" = ", Text(*value)) : "", " ", problem));
}

void ConfigReader::CheckAllRead(const Json& object, const std::string& prefix) {
  for (const auto& [key, value] : object.items()) {
    const std::string full_key = prefix + key;
    if (read_.contains(full_key) || (prefix.empty() && absl::StartsWith(key, "_"))) continue;
    const std::string inner_prefix = full_key + ".";
    const auto it = read_.lower_bound(inner_prefix);
    if (value.is_object() && it != read_.end() && absl::StartsWith(*it, inner_prefix)) {
      CheckAllRead(value, inner_prefix);
    } else if (status_.ok()) {
      status_ = absl::InvalidArgumentError(
          absl::StrCat(path_, ": option ", Text(Json(full_key)), " = ", Text(value), " is not implemented"));
    }
  }
}

}  // namespace unclip::model
