#include "common/trace/otlp_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace unclip {
namespace {

using nlohmann::json;

SpanData Example() {
  SpanData span;
  span.context = {.trace_id = {.high = 0x5b8efff798038103, .low = 0xd269b633813fc60c},
                  .span_id = {.value = 0xeee19b7ec3c1b174},
                  .sampled = true,
                  .trace_state = "a=b"};
  span.parent = {.value = 1};
  span.parent_is_remote = true;
  span.name = "unclip.prior.v1.PriorService/SamplePrior";
  span.kind = SpanKind::kServer;
  span.start = absl::FromUnixNanos(1544712660000000001);
  span.end = absl::FromUnixNanos(1544712661000000002);
  span.attributes = {{"text", std::string("a \"b\"")}, {"count", int64_t{1} << 53 | 1}, {"share", 0.5}, {"cold", false}};
  span.events = {
      {.time = absl::FromUnixNanos(1544712660500000000), .name = "step", .attributes = {{"unclip.step", int64_t{10}}}}};
  span.dropped_events = 2;
  span.is_error = true;
  span.error = "out of luck";
  return span;
}

json Spans(SpanData span) {
  std::vector<std::unique_ptr<const SpanData>> spans;
  spans.push_back(std::make_unique<SpanData>(std::move(span)));
  return json::parse(ToOtlpJson({{"service.name", "unclip-prior"}}, spans));
}

TEST(OtlpJsonTest, WritesWhatTheProtocolSays) {
  const json all = Spans(Example());
  const json& resource = all["resourceSpans"][0];
  EXPECT_EQ(resource["resource"],
            json::parse(R"({"attributes": [{"key": "service.name", "value": {"stringValue": "unclip-prior"}}]})"));
  EXPECT_EQ(resource["scopeSpans"][0]["scope"]["name"], "unclip");
  EXPECT_EQ(resource["scopeSpans"][0]["spans"][0], json::parse(R"({
    "traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "parentSpanId": "0000000000000001",
    "traceState": "a=b", "flags": 769, "name": "unclip.prior.v1.PriorService/SamplePrior", "kind": 2,
    "startTimeUnixNano": "1544712660000000001", "endTimeUnixNano": "1544712661000000002",
    "attributes": [{"key": "text", "value": {"stringValue": "a \"b\""}},
                   {"key": "count", "value": {"intValue": "9007199254740993"}},
                   {"key": "share", "value": {"doubleValue": 0.5}},
                   {"key": "cold", "value": {"boolValue": false}}],
    "events": [{"timeUnixNano": "1544712660500000000", "name": "step",
                "attributes": [{"key": "unclip.step", "value": {"intValue": "10"}}]}],
    "droppedEventsCount": 2, "status": {"code": 2, "message": "out of luck"}})"));
}

TEST(OtlpJsonTest, LeavesOutWhatIsNotThere) {
  SpanData span = Example();
  span.context.trace_state = "";
  span.parent = {};
  span.parent_is_remote = false;
  span.attributes.clear();
  span.events.clear();
  span.dropped_events = 0;
  span.is_error = false;
  const json message = Spans(span)["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
  for (const char* key : {"traceState", "parentSpanId", "attributes", "events", "droppedEventsCount", "status"}) {
    EXPECT_FALSE(message.contains(key)) << key;
  }
  EXPECT_EQ(message["flags"], 0x101);
}

TEST(OtlpJsonTest, BytesThatAreNoTextDoNotBreakIt) {
  SpanData span = Example();
  span.error = "bad \xff byte";
  EXPECT_EQ(Spans(span)["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["status"]["message"], "bad \xef\xbf\xbd byte");
}

}  // namespace
}  // namespace unclip
