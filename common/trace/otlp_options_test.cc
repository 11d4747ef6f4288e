#include "common/trace/otlp_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/status_matchers.h"

namespace unclip {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::Pair;

absl::StatusOr<OtlpOptions> Make(const std::string& endpoint, const std::map<std::string, std::string>& variables) {
  return MakeOtlpOptions(endpoint, "prior", [&](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
}

std::string Url(const std::string& endpoint, const std::map<std::string, std::string>& variables) {
  const absl::StatusOr<OtlpOptions> options = Make(endpoint, variables);
  return options.ok() ? options->url : options.status().ToString();
}

TEST(OtlpOptionsTest, TheFlagGoesBeforeTheEnvironment) {
  EXPECT_EQ(Url("", {}), "");
  EXPECT_EQ(Url("http://h:4318", {}), "http://h:4318/v1/traces");
  EXPECT_EQ(Url("https://h/below/", {}), "https://h/below/v1/traces");
  EXPECT_EQ(Url("", {{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://e:1/"}}), "http://e:1/v1/traces");
  EXPECT_EQ(Url("", {{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://t/as/it/is"}, {"OTEL_EXPORTER_OTLP_ENDPOINT", "http://e"}}),
            "http://t/as/it/is");
  EXPECT_EQ(Url("http://h", {{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://t"}}), "http://h/v1/traces");
  EXPECT_EQ(Url("", {{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", ""}, {"OTEL_EXPORTER_OTLP_ENDPOINT", ""}}), "");
  EXPECT_EQ(Url("http://h", {{"OTEL_SDK_DISABLED", "True"}}), "");
}

TEST(OtlpOptionsTest, NamesWhatCannotBeAnAddress) {
  for (const char* bad : {"h:4318", "grpc://h:4317", "http://", "http:///v1", "http://h/ x", "http://h\r\nX: y"}) {
    EXPECT_THAT(Make(bad, {}), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--otlp_endpoint"))) << bad;
    EXPECT_THAT(Make("", {{"OTEL_EXPORTER_OTLP_ENDPOINT", bad}}),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("OTEL_EXPORTER_OTLP_ENDPOINT")))
        << bad;
  }
}

TEST(OtlpOptionsTest, ReadsHeaders) {
  ASSERT_OK_AND_ASSIGN(const OtlpOptions options,
                       Make("http://h", {{"OTEL_EXPORTER_OTLP_HEADERS", " api-key = a%2Cb%20c , x=1=2,"}}));
  EXPECT_THAT(options.headers, ElementsAre(Pair("api-key", "a,b c"), Pair("x", "1=2")));
  ASSERT_OK_AND_ASSIGN(const OtlpOptions traces,
                       Make("http://h", {{"OTEL_EXPORTER_OTLP_HEADERS", "a=1"}, {"OTEL_EXPORTER_OTLP_TRACES_HEADERS", "b=2"}}));
  EXPECT_THAT(traces.headers, ElementsAre(Pair("b", "2")));
}

TEST(OtlpOptionsTest, RefusesHeadersThatAreNoneAndDoesNotTellThem) {
  for (const char* bad :
       {"secret", "=secret", "a=secret%0D%0AX: y", "a=secret%2", "a=secret%zz", "a%20b=secret", "a%3A=secret"}) {
    EXPECT_THAT(
        Make("http://h", {{"OTEL_EXPORTER_OTLP_HEADERS", bad}}),
        StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr("OTEL_EXPORTER_OTLP_HEADERS"), Not(HasSubstr("secret")))))
        << bad;
  }
}

TEST(OtlpOptionsTest, TellsWhatTheSpansAreOf) {
  ASSERT_OK_AND_ASSIGN(const OtlpOptions options, Make("http://h", {}));
  EXPECT_EQ(options.resource.at("service.name"), "unclip-prior");
  EXPECT_THAT(options.resource.at("service.version"), Not(IsEmpty()));
  EXPECT_THAT(options.resource.at("service.instance.id"),
              MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  ASSERT_OK_AND_ASSIGN(const OtlpOptions other, Make("http://h", {}));
  EXPECT_NE(options.resource.at("service.instance.id"), other.resource.at("service.instance.id"));
}

TEST(OtlpOptionsTest, TheEnvironmentNamesTheResource) {
  ASSERT_OK_AND_ASSIGN(const OtlpOptions options,
                       Make("http://h", {{"OTEL_RESOURCE_ATTRIBUTES",
                                          "deployment.environment.name=lab,service.name=a,service.instance.id=pod-1"}}));
  EXPECT_EQ(options.resource.at("service.name"), "a");
  EXPECT_EQ(options.resource.at("service.instance.id"), "pod-1");
  EXPECT_EQ(options.resource.at("deployment.environment.name"), "lab");
  ASSERT_OK_AND_ASSIGN(const OtlpOptions named,
                       Make("http://h", {{"OTEL_RESOURCE_ATTRIBUTES", "service.name=a"}, {"OTEL_SERVICE_NAME", "b"}}));
  EXPECT_EQ(named.resource.at("service.name"), "b");
  EXPECT_THAT(Make("http://h", {{"OTEL_RESOURCE_ATTRIBUTES", "a"}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("OTEL_RESOURCE_ATTRIBUTES")));
}

}  // namespace
}  // namespace unclip
