#include "common/trace/otlp_json.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <variant>

#include "absl/strings/str_cat.h"
#include "base/version.h"

namespace unclip {
namespace {

using nlohmann::json;

// opentelemetry.proto.trace.v1
constexpr uint32_t kHasIsRemoteFlag = 0x100;
constexpr uint32_t kIsRemoteFlag = 0x200;
constexpr int kStatusError = 2;

json Nanoseconds(absl::Time time) { return absl::StrCat(absl::ToUnixNanos(time)); }

struct ToAnyValue {
  json operator()(bool value) const { return {{"boolValue", value}}; }
  json operator()(int64_t value) const { return {{"intValue", absl::StrCat(value)}}; }
  json operator()(double value) const { return {{"doubleValue", value}}; }
  json operator()(const std::string& value) const { return {{"stringValue", value}}; }
};

json Attributes(const std::vector<SpanAttribute>& attributes) {
  json list = json::array();
  for (const SpanAttribute& attribute : attributes) {
    list.push_back({{"key", std::string(attribute.key)}, {"value", std::visit(ToAnyValue(), attribute.value)}});
  }
  return list;
}

json Event(const SpanEvent& event) {
  return {
      {"timeUnixNano", Nanoseconds(event.time)}, {"name", std::string(event.name)}, {"attributes", Attributes(event.attributes)}};
}

json Span(const SpanData& span) {
  const uint32_t flags = (span.context.sampled ? 1U : 0U) | kHasIsRemoteFlag | (span.parent_is_remote ? kIsRemoteFlag : 0U);
  json message = {{"traceId", span.context.trace_id.ToHex()},
                  {"spanId", span.context.span_id.ToHex()},
                  {"flags", flags},
                  {"name", span.name},
                  {"kind", static_cast<int>(span.kind)},
                  {"startTimeUnixNano", Nanoseconds(span.start)},
                  {"endTimeUnixNano", Nanoseconds(span.end)}};
  if (!span.context.trace_state.empty()) message["traceState"] = span.context.trace_state;
  if (span.parent.is_valid()) message["parentSpanId"] = span.parent.ToHex();
  if (!span.attributes.empty()) message["attributes"] = Attributes(span.attributes);
  for (const SpanEvent& event : span.events) message["events"].push_back(Event(event));
  if (span.dropped_events > 0) message["droppedEventsCount"] = span.dropped_events;
  if (span.is_error) {
    message["status"]["code"] = kStatusError;
    if (!span.error.empty()) message["status"]["message"] = span.error;
  }
  return message;
}

}  // namespace

std::string ToOtlpJson(const OtlpResource& resource, const std::vector<std::unique_ptr<const SpanData>>& spans) {
  json attributes = json::array();
  for (const auto& [key, value] : resource) attributes.push_back({{"key", key}, {"value", {{"stringValue", value}}}});
  json list = json::array();
  for (const auto& span : spans) list.push_back(Span(*span));
  json scope = {{"scope", {{"name", "unclip"}, {"version", kVersion}}}, {"spans", std::move(list)}};
  json all = {{"resource", {{"attributes", std::move(attributes)}}}, {"scopeSpans", json::array({std::move(scope)})}};
  return json{{"resourceSpans", json::array({std::move(all)})}}.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace unclip
