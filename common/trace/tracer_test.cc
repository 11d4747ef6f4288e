#include "common/trace/tracer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/time/clock.h"
#include "base/fake_clock.h"
#include "common/trace/recorded_spans.h"

namespace unclip {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TraceContext Parent(bool sampled) {
  return {.trace_id = {.high = 1, .low = 2}, .span_id = {.value = 3}, .sampled = sampled, .trace_state = "a=b"};
}

TEST(TracerTest, WithoutASinkTheCallersPlaceIsHandedOnAsItCame) {
  FakeClock clock;
  for (const bool sampled : {true, false}) {
    Span span = Tracer::Process().StartRequest("request", Parent(sampled), &clock);
    EXPECT_FALSE(span.is_recorded());
    EXPECT_EQ(span.trace().context(), Parent(sampled));
    EXPECT_EQ(span.trace().StartSpan("below").trace().context(), Parent(sampled));
  }
}

TEST(TracerTest, WithoutACallersPlaceThereIsStillATraceIdForTheLogs) {
  FakeClock clock;
  const Span span = Tracer::Process().StartRequest("request", std::nullopt, &clock);
  EXPECT_TRUE(span.trace().context().trace_id.is_valid());
  EXPECT_TRUE(span.trace().context().span_id.is_valid());
  EXPECT_FALSE(span.trace().context().sampled);
  EXPECT_EQ(span.trace().trace_id().size(), 32);
  EXPECT_EQ(span.trace().span_id().size(), 16);
}

TEST(TracerTest, ARecordedRequestGoesOnWithTheCallersTrace) {
  FakeClock clock;
  const RecordedSpans spans;
  Tracer::Process().StartRequest("request", Parent(true), &clock).End();
  const SpanData& span = spans.Wait("request");
  EXPECT_EQ(span.context.trace_id, Parent(true).trace_id);
  EXPECT_NE(span.context.span_id, Parent(true).span_id);
  EXPECT_EQ(span.context.trace_state, "a=b");
  EXPECT_TRUE(span.context.sampled);
  EXPECT_EQ(span.parent, Parent(true).span_id);
  EXPECT_TRUE(span.parent_is_remote);
  EXPECT_EQ(span.kind, SpanKind::kServer);
}

TEST(TracerTest, TheCallerDecidesWhetherItsTraceIsRecorded) {
  FakeClock clock;
  const RecordedSpans all;
  Tracer::Process().StartRequest("left out", Parent(false), &clock).End();
  EXPECT_THAT(all.names(), IsEmpty());
  const RecordedSpans none(0);
  Tracer::Process().StartRequest("taken", Parent(true), &clock).End();
  EXPECT_THAT(none.names(), ElementsAre("taken"));
}

TEST(TracerTest, TheRatioDecidesOfTracesThatBeginHere) {
  FakeClock clock;
  const RecordedSpans none(0);
  for (int i = 0; i < 100; ++i) Tracer::Process().StartRequest("request", std::nullopt, &clock).End();
  EXPECT_THAT(none.names(), IsEmpty());
  const RecordedSpans all(1);
  for (int i = 0; i < 100; ++i) Tracer::Process().StartRequest("request", std::nullopt, &clock).End();
  EXPECT_EQ(all.names().size(), 100);
  EXPECT_FALSE(all.Wait("request").parent.is_valid());
  EXPECT_FALSE(all.Wait("request").parent_is_remote);
}

TEST(TracerTest, TheRatioLooksAtTheLastBitsOfTheTraceId) {
  constexpr uint64_t kHalf = uint64_t{1} << 55;
  EXPECT_TRUE(IsSampled({.high = 0, .low = kHalf}, 0.5));
  EXPECT_FALSE(IsSampled({.high = ~uint64_t{0}, .low = kHalf - 1}, 0.5));
  EXPECT_FALSE(IsSampled({.high = 0, .low = uint64_t{0xFF} << 56 | 1}, 0.5));
  EXPECT_TRUE(IsSampled({.high = 1, .low = 0}, 1));
  EXPECT_FALSE(IsSampled({.high = 1, .low = ~uint64_t{0}}, 0));
}

TEST(SpanTest, SpansBelowShareTheTraceAndItsClock) {
  FakeClock clock;
  clock.Advance(absl::Seconds(100));
  const RecordedSpans spans;
  const absl::Time before = absl::Now();
  Span request = Tracer::Process().StartRequest("request", std::nullopt, &clock);
  const absl::Time after = absl::Now();
  clock.Advance(absl::Seconds(5));
  Span queue = request.trace().StartSpanAt("queue", absl::Seconds(101));
  queue.EndAt(absl::Seconds(104));
  Span call = request.trace().StartSpan("call", SpanKind::kClient);
  clock.Advance(absl::Seconds(2));
  call.AddEvent("step", {{"step", int64_t{10}}});
  call.End();
  request.End();
  EXPECT_THAT(spans.names(), ElementsAre("queue", "call", "request"));
  const SpanData& root = spans.Wait("request");
  EXPECT_GE(root.start, before);
  EXPECT_LE(root.start, after);
  EXPECT_EQ(root.end - root.start, absl::Seconds(7));
  EXPECT_EQ(spans.Wait("queue").start - root.start, absl::Seconds(1));
  EXPECT_EQ(spans.Wait("queue").end - root.start, absl::Seconds(4));
  const SpanData& client = spans.Wait("call");
  EXPECT_EQ(client.kind, SpanKind::kClient);
  EXPECT_EQ(client.parent, root.context.span_id);
  EXPECT_FALSE(client.parent_is_remote);
  EXPECT_EQ(client.context.trace_id, root.context.trace_id);
  ASSERT_EQ(client.events.size(), 1);
  EXPECT_EQ(client.events[0].time, client.end);
  EXPECT_EQ(AttributeOf(client.events[0].attributes, "step"), "10");
}

TEST(SpanTest, EndsOnceAndWhenItIsDropped) {
  FakeClock clock;
  const RecordedSpans spans;
  {
    Span first = Tracer::Process().StartRequest("first", std::nullopt, &clock);
    Span second = Tracer::Process().StartRequest("second", std::nullopt, &clock);
    first.End();
    first.End();
    first.SetError("too late");
    second = Span();
    EXPECT_THAT(spans.names(), ElementsAre("first", "second"));
    second = Tracer::Process().StartRequest("third", std::nullopt, &clock);
  }
  EXPECT_THAT(spans.names(), ElementsAre("first", "second", "third"));
  EXPECT_FALSE(spans.Wait("first").is_error);
}

TEST(SpanTest, KeepsSoManyEventsAndCountsTheRest) {
  FakeClock clock;
  const RecordedSpans spans;
  {
    Span span = Tracer::Process().StartRequest("request", std::nullopt, &clock);
    for (size_t i = 0; i < kMaxSpanEvents + 3; ++i) span.AddEvent("step", {});
    span.SetError("broken");
  }
  EXPECT_EQ(spans.Wait("request").events.size(), kMaxSpanEvents);
  EXPECT_EQ(spans.Wait("request").dropped_events, 3);
  EXPECT_TRUE(spans.Wait("request").is_error);
  EXPECT_EQ(spans.Wait("request").error, "broken");
}

}  // namespace
}  // namespace unclip
