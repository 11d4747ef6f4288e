#include "model/weights/json_file.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/weights/mapped_file.h"

namespace unclip::model {
namespace {

using Json = nlohmann::json;

// Looks at a text without building anything from it; the parser itself takes any depth and keeps the last of equal keys.
class StrictChecker : public nlohmann::json_sax<Json> {
 public:
  const std::string& problem() const { return problem_; }

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return Enter(); }
  bool end_object() override { return Leave(); }
  bool start_array(std::size_t) override { return Enter(); }
  bool end_array() override { return Leave(); }
  bool key(string_t& key) override {
    if (keys_.back().insert(key).second) return true;
    problem_ = absl::StrCat("gives \"", absl::CHexEscape(key), "\" twice");
    return false;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    problem_ = absl::StrCat("is not valid JSON at byte ", position);
    return false;
  }

 private:
  bool Enter() {
    if (keys_.size() < kMaxJsonDepth) {
      keys_.emplace_back();
      return true;
    }
    problem_ = absl::StrCat("is nested deeper than ", kMaxJsonDepth, " levels");
    return false;
  }
  bool Leave() {
    keys_.pop_back();
    return true;
  }

  std::vector<absl::flat_hash_set<std::string>> keys_;  // of each object or list that is open
  std::string problem_;
};

}  // namespace

absl::StatusOr<Json> ParseJsonObject(absl::string_view text, absl::string_view path) {
  StrictChecker checker;
  if (!Json::sax_parse(text.begin(), text.end(), &checker)) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", checker.problem()));
  }
  Json json = Json::parse(text.begin(), text.end(), /*cb=*/nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return absl::InvalidArgumentError(absl::StrCat(path, ": must hold a JSON object"));
  return json;
}

absl::StatusOr<Json> ReadJsonObject(const std::string& path) {
  ASSIGN_OR_RETURN(const std::unique_ptr<const MappedFile> file, MappedFile::Open(path));
  if (file->bytes().size() > kMaxJsonFileBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": has ", file->bytes().size(), " bytes; at most ", kMaxJsonFileBytes, " are read"));
  }
  return ParseJsonObject(absl::string_view(reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size()), path);
}

}  // namespace unclip::model
