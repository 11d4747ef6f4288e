// Bodies that are broken in many ways are refused or read, and harm nothing. Meant for the sanitizers as well.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/status_matchers.h"
#include "common/validation/field_check.h"
#include "gateway/http/body/body_fields.h"
#include "gateway/http/body/json_object.h"
#include "gateway/http/body/multipart_form.h"

namespace unclip::gateway {
namespace {

constexpr int kRounds = 20'000;
constexpr char kContentType[] = "multipart/form-data; boundary=\"Xy Z\"";

// What breaks parsers.
constexpr absl::string_view kTokens[] = {"\r\n",
                                         "\r",
                                         "\n",
                                         "\r\n\r\n",
                                         "--",
                                         "--Xy Z",
                                         "\r\n--Xy Z",
                                         "\r\n--Xy Z--",
                                         ";",
                                         "=",
                                         "\"",
                                         "\\\"",
                                         ":",
                                         " ",
                                         "\t",
                                         "{",
                                         "}",
                                         "[",
                                         "]",
                                         ",",
                                         "null",
                                         "true",
                                         "1e999",
                                         "-0",
                                         "\\u00",
                                         "\\ud800",
                                         "1.",
                                         "\xEF\xBB\xBF",
                                         "\xFF",
                                         "\xE2\x82",
                                         "9223372036854775808",
                                         "filename=",
                                         "name=",
                                         "filename*=",
                                         "%",
                                         absl::string_view("\0", 1)};

// Breaks `text` in up to four places.
class Mutator {
 public:
  explicit Mutator(uint64_t seed) : random_(seed) {}

  std::string Mutate(std::string text) {
    for (int changes = 1 + static_cast<int>(Below(4)); changes > 0; --changes) MutateOnce(text);
    return text;
  }

 private:
  size_t Below(size_t bound) { return random_() % bound; }

  void MutateOnce(std::string& text) {
    const size_t position = Below(text.size() + 1);
    const size_t length = Below(16);
    switch (Below(6)) {
      case 0:
        if (position < text.size()) text[position] = static_cast<char>(Below(256));
        break;
      case 1:
        text.erase(position, length);
        break;
      case 2:
        text.resize(position);
        break;
      case 3:
        text.insert(position, text.substr(Below(text.size() + 1), 8 * length));
        break;
      case 4:
        text.insert(position, length, '[');
        break;
      default:
        text.insert(position, std::string(kTokens[Below(std::size(kTokens))]));
        break;
    }
  }

  std::mt19937_64 random_;
};

// An error is a sentence that can be shown.
void ExpectSound(const absl::Status& status, absl::string_view body) {
  if (status.ok()) return;
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << body;
  EXPECT_FALSE(status.message().empty()) << body;
  EXPECT_LT(status.message().size(), 500u) << body;
  EXPECT_OK(CheckUtf8("message", status.message())) << body;
}

void AskForEverything(BodyFields& fields, absl::string_view body) {
  for (const char* name : {"prompt", "n", "seed", "scale", "stream", "image", "nested", "none"}) {
    const absl::StatusOr<std::optional<std::string>> text = fields.GetString(name);
    ExpectSound(text.status(), body);
    if (text.ok() && text->has_value()) {
      EXPECT_TRUE(fields.Has(name));
      EXPECT_OK(CheckUtf8(name, **text)) << body;
    }
    const absl::StatusOr<std::optional<int64_t>> whole = fields.GetInt(name, 1, 10);
    ExpectSound(whole.status(), body);
    EXPECT_TRUE(!whole.ok() || !whole->has_value() || (**whole >= 1 && **whole <= 10)) << body;
    ExpectSound(fields.GetUint64(name).status(), body);
    const absl::StatusOr<std::optional<double>> number = fields.GetDouble(name, 0, 100);
    ExpectSound(number.status(), body);
    EXPECT_TRUE(!number.ok() || !number->has_value() || (**number >= 0 && **number <= 100)) << body;
    ExpectSound(fields.GetBool(name).status(), body);
  }
  for (int i = 0; i < 250; ++i) {
    const std::optional<std::string> unknown = fields.UnknownName();
    if (!unknown.has_value()) return;
    fields.GetString(*unknown).IgnoreError();
  }
  ADD_FAILURE() << "a name stays unknown however often it is asked for: " << body;
}

TEST(BodyMutationTest, JsonIsReadOrRefused) {
  const std::vector<std::string> bodies = {
      R"({"prompt": "a \u00e9 \ud83d\ude00 cat", "n": 3, "seed": 18446744073709551615, "scale": 2.5e0, "stream": true, "none": null})",
      R"({"nested": [{"a": [[], {}]}, 1, "two", false], "seed": "7", "n": -1, "scale": 1e-300})", "{}"};
  Mutator mutator(1);
  int read_count = 0;
  for (int round = 0; round < kRounds; ++round) {
    const std::string body = mutator.Mutate(bodies[static_cast<size_t>(round) % bodies.size()]);
    absl::StatusOr<JsonObject> object = JsonObject::Parse(body);
    ExpectSound(object.status(), body);
    if (!object.ok()) continue;
    ++read_count;
    EXPECT_TRUE(nlohmann::json::accept(body)) << body;
    AskForEverything(*object, body);
  }
  EXPECT_GT(read_count, kRounds / 100) << "the mutations hardly reach what comes after the parser";
}

TEST(BodyMutationTest, FormsAreReadOrRefused) {
  const std::string form =
      "--Xy Z\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\na cat\r\n"
      "--Xy Z\r\nContent-Disposition: form-data; name=n\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n3\r\n"
      "--Xy Z\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a \\\"b\\\".png\"\r\nContent-Type: image/png\r\n\r\n"
      "\x89PNG\r\n\x1a\n--Xy\r\n--Xy Z--\r\n";
  Mutator mutator(2);
  int read_count = 0;
  for (int round = 0; round < kRounds; ++round) {
    const std::string body = mutator.Mutate(form);
    absl::StatusOr<MultipartForm> parsed = MultipartForm::Parse(kContentType, body);
    ExpectSound(parsed.status(), body);
    if (!parsed.ok()) continue;
    ++read_count;
    if (const FormFile* image = parsed->FindFile("image"); image != nullptr) {
      EXPECT_GE(image->bytes.data(), body.data());
      EXPECT_LE(image->bytes.data() + image->bytes.size(), body.data() + body.size());
    }
    AskForEverything(*parsed, body);
  }
  EXPECT_GT(read_count, kRounds / 100) << "the mutations hardly reach what comes after the parser";
}

TEST(BodyMutationTest, ContentTypesAreReadOrRefused) {
  const std::string form = "--Xy Z\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\na cat\r\n--Xy Z--\r\n";
  Mutator mutator(3);
  for (int round = 0; round < kRounds; ++round) {
    const std::string content_type = mutator.Mutate(kContentType);
    ExpectSound(MultipartForm::Parse(content_type, form).status(), content_type);
  }
}

}  // namespace
}  // namespace unclip::gateway
