// openapi.json says what the code does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "base/status_matchers.h"
#include "gateway/http/body/json_object.h"
#include "gateway/http/http_gateway.h"
#include "gateway/http/image_body.h"
#include "gateway/http/image_parameters.h"
#include "gateway/http/web_files.h"
#include "gateway/testing/fake_cluster.h"
#include "gateway/testing/fake_models.h"

namespace unclip::gateway {
namespace {

using Json = nlohmann::json;

const Json& Document() {
  static const Json* const document = [] {
    for (const WebFile& file : WebFiles()) {
      if (file.path == "/openapi.json") return new Json(Json::parse(file.content));
    }
    return new Json;
  }();
  return *document;
}

// `schema`, or what it refers to.
const Json& Resolve(const Json& schema) {
  if (!schema.contains("$ref")) return schema;
  return Document().at(Json::json_pointer(schema["$ref"].get<std::string>().substr(1)));
}

// The schema of a property, without that it may be null.
const Json& WithoutNull(const Json& schema) {
  if (!schema.contains("oneOf") || schema["oneOf"].size() != 2 || schema["oneOf"][1] != Json{{"type", "null"}}) {
    return Resolve(schema);
  }
  return Resolve(schema["oneOf"][0]);
}

struct Body {
  std::string schema;  // its name
  ImageTask task;
  BodyUse use;
};

const Body kBodies[] = {
    {"GenerationBody", ImageTask::kGeneration, BodyUse::kCall}, {"EditBody", ImageTask::kEdit, BodyUse::kCall},
    {"VariationBody", ImageTask::kVariation, BodyUse::kCall},   {"GenerationJobBody", ImageTask::kGeneration, BodyUse::kJob},
    {"EditJobBody", ImageTask::kEdit, BodyUse::kJob},           {"VariationJobBody", ImageTask::kVariation, BodyUse::kJob}};

// Name to schema.
std::map<std::string, Json> Properties(const Body& body) {
  std::map<std::string, Json> properties;
  for (const auto& [name, schema] : Document()["components"]["schemas"][body.schema]["properties"].items()) {
    properties[name] = WithoutNull(schema);
  }
  return properties;
}

bool IsFile(const Json& schema) { return schema.value("format", "") == "binary"; }

// Those that a body must have.
std::set<std::string> Required(const Body& body) { return Document()["components"]["schemas"][body.schema]["required"]; }

Capabilities FakeCapabilities() { return *CombineCapabilities(FakeClipInfo(), FakePriorInfo(), FakeDecoderInfo()); }

// A body with nothing but a prompt, which keeps the names that it is asked for.
class RecordingFields final : public BodyFields {
 public:
  const std::set<std::string>& names() const { return names_; }

  bool Has(absl::string_view name) const override { return name == "prompt"; }
  absl::StatusOr<std::optional<std::string>> GetString(absl::string_view name) override {
    names_.emplace(name);
    return Has(name) ? std::make_optional<std::string>("p") : std::nullopt;
  }
  absl::StatusOr<std::optional<int64_t>> GetInt(absl::string_view name, int64_t /*minimum*/, int64_t /*maximum*/) override {
    names_.emplace(name);
    return std::nullopt;
  }
  absl::StatusOr<std::optional<uint64_t>> GetUint64(absl::string_view name) override {
    names_.emplace(name);
    return std::nullopt;
  }
  absl::StatusOr<std::optional<double>> GetDouble(absl::string_view name, double /*minimum*/, double /*maximum*/) override {
    names_.emplace(name);
    return std::nullopt;
  }
  absl::StatusOr<std::optional<bool>> GetBool(absl::string_view name) override {
    names_.emplace(name);
    return std::nullopt;
  }
  std::optional<std::string> UnknownName() const override { return std::nullopt; }

 private:
  std::set<std::string> names_;
};

// What the code says to a body of one field besides those that it needs.
absl::Status StatusOf(const Body& body, const std::string& name, const std::string& value) {
  std::vector<std::string> members = {absl::StrCat("\"", name, "\":", value)};
  if (body.task != ImageTask::kVariation && name != "prompt") members.emplace_back(R"("prompt":"p")");
  if (name == "partial_images") members.emplace_back(R"("stream":true)");
  ASSIGN_OR_RETURN(JsonObject fields, JsonObject::Parse(absl::StrCat("{", absl::StrJoin(members, ","), "}")));
  return ReadImageParameters(body.task, body.use, FakeCapabilities(), fields).status();
}

// What the code says to a form of these parts: files are called for what they are.
absl::Status FormStatusOf(const Body& body, const std::set<std::string>& names) {
  HttpRequest request{.method = "POST", .path = "/", .query = "", .headers = {}};
  request.headers.push_back({"content-type", "multipart/form-data; boundary=b"});
  for (const std::string& name : names) {
    const std::string file = name == "prompt" ? "" : "; filename=\"f\"";
    absl::StrAppend(&request.body, "--b\r\nContent-Disposition: form-data; name=\"", name, "\"", file, "\r\n\r\nx\r\n");
  }
  request.body += "--b--\r\n";
  return ReadImageBody(body.task, body.use, request, FakeCapabilities()).status();
}

TEST(OpenApiTest, HasEveryRoute) {
  FakeCluster cluster;
  cluster.Start();
  MetricsRegistry metrics("gateway");
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<HttpGateway> http, HttpGateway::Start({}, &cluster.gateway().dispatcher(), metrics));
  std::set<std::string> served = {"GET /openapi.json"};
  for (const HttpRouter::Route& route : http->router().routes()) {
    const bool is_file = std::any_of(WebFiles().begin(), WebFiles().end(),
                                     [&](const WebFile& file) { return file.path == route.pattern && route.method == "GET"; });
    if (!is_file) served.insert(absl::StrCat(route.method, " ", route.pattern));
  }
  std::set<std::string> documented;
  for (const auto& [path, operations] : Document()["paths"].items()) {
    for (const auto& [method, operation] : operations.items()) {
      documented.insert(absl::StrCat(absl::AsciiStrToUpper(method), " ", path));
    }
  }
  EXPECT_EQ(documented, served);
  cluster.gateway().dispatcher().Drain(absl::ZeroDuration());
}

TEST(OpenApiTest, HasEveryField) {
  for (const Body& body : kBodies) {
    RecordingFields fields;
    ASSERT_OK(ReadImageParameters(body.task, body.use, FakeCapabilities(), fields));
    std::set<std::string> documented;
    for (const auto& [name, schema] : Properties(body)) {
      if (!IsFile(schema)) documented.insert(name);
    }
    EXPECT_EQ(documented, fields.names()) << body.schema;
  }
}

TEST(OpenApiTest, HasEveryFile) {
  for (const Body& body : kBodies) {
    if (body.task == ImageTask::kGeneration) continue;
    const std::map<std::string, Json> properties = Properties(body);
    for (const char* name : {"image", "mask"}) {
      std::set<std::string> names = Required(body);
      names.insert(name);
      const bool is_documented = properties.count(name) > 0 && IsFile(properties.at(name));
      EXPECT_EQ(FormStatusOf(body, names).ok(), is_documented) << body.schema << " " << name;
    }
  }
}

TEST(OpenApiTest, SaysWhatIsRequired) {
  EXPECT_EQ(Required(kBodies[0]), std::set<std::string>{"prompt"});
  JsonObject empty = *JsonObject::Parse("{}");
  EXPECT_FALSE(ReadImageParameters(ImageTask::kGeneration, BodyUse::kCall, FakeCapabilities(), empty).ok());
  for (const Body& body : kBodies) {
    if (body.task == ImageTask::kGeneration) continue;
    const std::set<std::string> required = Required(body);
    EXPECT_OK(FormStatusOf(body, required)) << body.schema;
    for (const std::string& name : required) {
      std::set<std::string> others = required;
      others.erase(name);
      EXPECT_THAT(std::string(FormStatusOf(body, others).message()), testing::StartsWith(name + " is missing")) << body.schema;
    }
  }
}

TEST(OpenApiTest, SaysWhichNumbersThereMayBe) {
  int count = 0;
  for (const Body& body : kBodies) {
    for (const auto& [name, schema] : Properties(body)) {
      const std::string type = schema.value("type", "");
      if (type != "integer" && type != "number") continue;
      ++count;
      const auto minimum = schema.at("minimum").get<int64_t>();
      const auto maximum = schema.at("maximum").get<int64_t>();
      const auto status = [&body, name = name](int64_t value) { return StatusOf(body, name, absl::StrCat(value)); };
      EXPECT_OK(status(minimum)) << body.schema << " " << name;
      EXPECT_OK(status(maximum)) << body.schema << " " << name;
      EXPECT_FALSE(status(minimum - 1).ok()) << body.schema << " " << name;
      EXPECT_FALSE(status(maximum + 1).ok()) << body.schema << " " << name;
    }
  }
  EXPECT_GT(count, 40);
}

TEST(OpenApiTest, SaysWhereThePicturesAre) {
  for (const Body& body : kBodies) {
    RecordingFields fields;
    ASSERT_OK_AND_ASSIGN(const ImageParameters parameters, ReadImageParameters(body.task, body.use, FakeCapabilities(), fields));
    EXPECT_EQ(Properties(body)["response_format"]["default"], parameters.as_url ? "url" : "b64_json") << body.schema;
  }
}

TEST(OpenApiTest, SaysWhichSeedsThereMayBe) {
  const Json& seed = Document()["components"]["schemas"]["SeedField"]["oneOf"][0];
  EXPECT_EQ(seed["minimum"], 0);
  EXPECT_EQ(seed["maximum"], 18446744073709551615U);
  for (const char* quote : {"", "\""}) {
    const auto status = [&](const char* digits) { return StatusOf(kBodies[0], "seed", absl::StrCat(quote, digits, quote)); };
    EXPECT_OK(status("0"));
    EXPECT_OK(status("18446744073709551615"));
    EXPECT_FALSE(status("-1").ok());
    EXPECT_FALSE(status("18446744073709551616").ok());
  }
}

TEST(OpenApiTest, SaysWhichWordsThereMayBe) {
  for (const Body& body : kBodies) {
    for (const auto& [name, schema] : Properties(body)) {
      if (schema.contains("default")) {
        EXPECT_OK(StatusOf(body, name, schema["default"].dump())) << body.schema << " " << name;
      }
      if (!schema.contains("enum")) continue;
      for (const Json& value : schema["enum"]) EXPECT_OK(StatusOf(body, name, value.dump())) << body.schema << " " << name;
      EXPECT_FALSE(StatusOf(body, name, R"("other")").ok()) << body.schema << " " << name;
    }
  }
}

}  // namespace
}  // namespace unclip::gateway
