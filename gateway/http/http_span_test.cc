#include "gateway/http/http_span.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "common/trace/recorded_spans.h"

namespace unclip::gateway {
namespace {

using ::testing::IsEmpty;

constexpr char kTraceParent[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

HttpRequest Request(std::string method, std::vector<HttpHeader> headers = {}) {
  return {.method = std::move(method), .path = "/v1/jobs/secret", .query = "", .headers = std::move(headers)};
}

TEST(HttpSpanTest, HasTheConventionsNameAndAttributes) {
  const RecordedSpans spans;
  Span started = StartHttpSpan(Request("GET"), "/v1/jobs/{id}", &Clock::Real());
  EndHttpSpan(404, "no such job", &started);
  const SpanData& span = spans.Wait("GET /v1/jobs/{id}");
  EXPECT_EQ(span.kind, SpanKind::kServer);
  EXPECT_EQ(AttributeOf(span.attributes, "http.request.method"), "GET");
  EXPECT_EQ(AttributeOf(span.attributes, "http.route"), "/v1/jobs/{id}");
  EXPECT_EQ(AttributeOf(span.attributes, "http.response.status_code"), "404");
  EXPECT_FALSE(span.is_error);
  for (const SpanAttribute& attribute : span.attributes) {
    EXPECT_NE(AttributeOf({attribute}, attribute.key), "/v1/jobs/secret") << attribute.key;
  }
}

TEST(HttpSpanTest, OursIsAnError) {
  const RecordedSpans spans;
  Span started = StartHttpSpan(Request("GET"), "/v1/models", &Clock::Real());
  EndHttpSpan(503, "not up", &started);
  const SpanData& span = spans.Wait("GET /v1/models");
  EXPECT_TRUE(span.is_error);
  EXPECT_EQ(span.error, "not up");
  EXPECT_EQ(AttributeOf(span.attributes, "error.type"), "503");
}

TEST(HttpSpanTest, WhatAnyoneMaySendStandsInNoName) {
  const RecordedSpans spans;
  Span started = StartHttpSpan(Request("BREW"), "other", &Clock::Real());
  EndHttpSpan(404, "", &started);
  const SpanData& span = spans.Wait("HTTP");
  EXPECT_EQ(AttributeOf(span.attributes, "http.request.method"), "_OTHER");
  EXPECT_EQ(AttributeOf(span.attributes, "http.route"), "");
}

TEST(HttpSpanTest, GoesOnWithTheCallersTrace) {
  const RecordedSpans spans;
  StartHttpSpan(Request("POST", {{"Traceparent", kTraceParent}, {"tracestate", "b=2"}, {"TraceState", "a=1"}}), "/v1/jobs",
                &Clock::Real());
  const SpanData& span = spans.Wait("POST /v1/jobs");
  EXPECT_EQ(span.context.trace_id.ToHex(), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(span.parent.ToHex(), "b7ad6b7169203331");
  EXPECT_EQ(span.context.trace_state, "b=2,a=1");
}

TEST(HttpSpanTest, BeginsATraceWhenTheCallersIsNotValidOrCameTwice) {
  const RecordedSpans spans;
  StartHttpSpan(Request("POST", {{"traceparent", "00-x"}}), "/bad", &Clock::Real());
  StartHttpSpan(Request("POST", {{"traceparent", kTraceParent}, {"traceparent", kTraceParent}}), "/two", &Clock::Real());
  for (const char* name : {"POST /bad", "POST /two"}) EXPECT_FALSE(spans.Wait(name).parent.is_valid()) << name;
}

TEST(HttpSpanTest, ProbesAreLeftOutUnlessTheCallerWantsThem) {
  const RecordedSpans spans;
  for (const char* probe : {"/healthz", "/readyz", "/metrics"}) StartHttpSpan(Request("GET"), probe, &Clock::Real());
  EXPECT_THAT(spans.names(), IsEmpty());
  StartHttpSpan(Request("GET", {{"traceparent", kTraceParent}}), "/readyz", &Clock::Real());
  EXPECT_EQ(spans.names().size(), 1);
}

}  // namespace
}  // namespace unclip::gateway
