// Strict reader of a component's config file: every option is either read, checked or refused by name; none is ignored unseen.
#ifndef UNCLIP_MODEL_WEIGHTS_CONFIG_READER_H_
#define UNCLIP_MODEL_WEIGHTS_CONFIG_READER_H_

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace unclip::model {

// A parse function reads straight down, since the first error is kept and the getters return their fallback (or the smallest
// value allowed) after it, and ends with Finish():
//
//   ASSIGN_OR_RETURN(ConfigReader reader, ConfigReader::Open(path));
//   config.num_layers = reader.Int("num_layers", 1, 1000, 20);           // absent: 20, the reference's default
//   config.width = reader.Int("width", 1, 100000);                       // absent: an error
//   reader.Expect("dropout_type", {nullptr, "none"}, nullptr);           // any other value is not implemented
//   reader.Ignore("initializer_range");                                  // training only
//   RETURN_IF_ERROR(reader.Finish());                                    // an option that was not named above is an error
//
// A dot reaches into an object: "crop_size.height". Keys that start with "_" are the reference's notes and are not options.
// Errors are INVALID_ARGUMENT: FILE: option "KEY" = VALUE, and what is allowed. Not thread-safe.
class ConfigReader {
 public:
  using Json = nlohmann::json;

  // Reads the file at `path`; the errors of ReadJsonObject.
  static absl::StatusOr<ConfigReader> Open(const std::string& path);
  // Reads `text`; errors name `path`.
  static absl::StatusOr<ConfigReader> Parse(absl::string_view text, absl::string_view path);

  // Getters. `minimum` and `maximum` are both allowed. Absent: `fallback`, or an error where there is none. null is an error,
  // except for OptionalInt and OptionalDouble, where null and absent are both nullopt.
  int64_t Int(absl::string_view key, int64_t minimum, int64_t maximum, std::optional<int64_t> fallback = std::nullopt);
  std::optional<int64_t> OptionalInt(absl::string_view key, int64_t minimum, int64_t maximum);
  // Finite. Whole numbers count as well.
  double Double(absl::string_view key, double minimum, double maximum, std::optional<double> fallback = std::nullopt);
  std::optional<double> OptionalDouble(absl::string_view key, double minimum, double maximum);
  bool Bool(absl::string_view key, std::optional<bool> fallback = std::nullopt);
  std::string String(absl::string_view key, std::optional<std::string> fallback = std::nullopt);
  // One of `allowed`.
  std::string Choice(absl::string_view key, std::initializer_list<absl::string_view> allowed,
                     std::optional<std::string> fallback = std::nullopt);
  // Lists of 1 to kMaxListSize values; {} after an error.
  std::vector<int64_t> IntList(absl::string_view key, int64_t minimum, int64_t maximum,
                               std::optional<std::vector<int64_t>> fallback = std::nullopt);
  std::vector<double> DoubleList(absl::string_view key, double minimum, double maximum,
                                 std::optional<std::vector<double>> fallback = std::nullopt);
  std::vector<std::string> StringList(absl::string_view key, std::optional<std::vector<std::string>> fallback = std::nullopt);

  // The option must have one of the values `allowed`, which are those the code implements; absent means `reference_default`,
  // which is held to the same.
  void Expect(absl::string_view key, std::initializer_list<Json> allowed, const Json& reference_default);

  // The file's "_class_name", where it has one, must be `class_name`.
  void ExpectClass(absl::string_view class_name);

  // The option does not bear on inference, whatever its value.
  void Ignore(absl::string_view key);

  // The option is accepted only where it switches its feature off: absent, null, false, 0, "", "none", [] or {}.
  void IgnoreWhenDisabled(absl::string_view key);

  // Whether the file has the option, be it null; and whether it is an object. Neither reads it.
  bool Has(absl::string_view key) const;
  bool IsObject(absl::string_view key) const;

  // Records an error about `key` unless `condition` holds; for rules between options. `problem` continues the sentence
  // `option "KEY" = VALUE `, such as "must divide hidden_size (20)".
  void Check(bool condition, absl::string_view key, absl::string_view problem);

  // The first error so far.
  const absl::Status& status() const { return status_; }

  // The first error, or one that names an option that was neither read nor ignored, or OK.
  absl::Status Finish();

  const std::string& path() const { return path_; }

  static constexpr size_t kMaxListSize = 1000;

 private:
  ConfigReader(Json root, std::string path) : root_(std::move(root)), path_(std::move(path)) {}

  // The value of `key`, null when absent; marks nothing.
  const Json* Lookup(absl::string_view key) const;
  // The same, and marks the option as read; after an error always null. Absent and `required`: records an error.
  const Json* Take(absl::string_view key, bool required);
  void Fail(absl::string_view key, absl::string_view problem);
  // Records an error that names the first option of `object` that nothing has read.
  void CheckAllRead(const Json& object, const std::string& prefix);

  Json root_;
  std::string path_;
  std::set<std::string, std::less<>> read_;  // dotted keys
  absl::Status status_;
};

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_WEIGHTS_CONFIG_READER_H_
