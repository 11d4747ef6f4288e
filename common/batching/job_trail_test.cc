#include "common/batching/job_trail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "base/fake_clock.h"
#include "common/trace/recorded_spans.h"
#include "common/trace/tracer.h"

namespace {

std::atomic<int> allocations = 0;

}  // namespace

// Counts what is allocated in this program.
void* operator new(size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  std::abort();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t /*size*/) noexcept { std::free(memory); }

namespace unclip {
namespace {

using ::testing::ElementsAre;

class JobTrailTest : public testing::Test {
 protected:
  Trace NewTrace() { return Tracer::Process().StartRequest("request", std::nullopt, &clock_).trace(); }

  FakeClock clock_;
};

TEST_F(JobTrailTest, ASpanForTheWaitAndForEachStage) {
  const RecordedSpans spans;
  const Trace trace = NewTrace();
  JobTrail trail("id", trace);
  trail.Queued();
  clock_.Advance(absl::Seconds(3));
  trail.Enter("decoder", 25);
  for (int step = 1; step <= 25; ++step) {
    clock_.Advance(absl::Seconds(1));
    trail.StepDone(step, 25);
  }
  trail.Enter("super_res", 7);
  trail.Enter("super_res", 9);  // the next upsampler
  clock_.Advance(absl::Seconds(2));
  trail.Enter("encode");
  trail.End(absl::OkStatus());
  EXPECT_THAT(spans.names(), ElementsAre("request", "queue", "decoder", "super_res", "encode"));
  EXPECT_EQ(spans.Wait("queue").end - spans.Wait("queue").start, absl::Seconds(3));
  const SpanData& decoder = spans.Wait("decoder");
  EXPECT_EQ(decoder.start, spans.Wait("queue").end);
  EXPECT_EQ(decoder.parent, trace.context().span_id);
  ASSERT_EQ(decoder.events.size(), 2);
  EXPECT_EQ(decoder.events[0].time - decoder.start, absl::Seconds(10));
  EXPECT_EQ(AttributeOf(decoder.events[1].attributes, "unclip.step"), "20");
  EXPECT_EQ(AttributeOf(decoder.events[1].attributes, "unclip.step_count"), "25");
  EXPECT_FALSE(spans.Wait("encode").is_error);
}

TEST_F(JobTrailTest, WhatWasGoingOnWhenItFailedIsAnError) {
  const RecordedSpans spans;
  JobTrail trail("id", NewTrace());
  trail.Queued();
  trail.End(absl::CancelledError("the caller left"));
  trail.End(absl::OkStatus());
  EXPECT_TRUE(spans.Wait("queue").is_error);
  EXPECT_EQ(spans.Wait("queue").error, "CANCELLED");
}

TEST_F(JobTrailTest, TheStatusTellsHowFarItIs) {
  JobTrail trail("id", NewTrace());
  const std::shared_ptr<const JobStatus> status = trail.status();
  EXPECT_EQ(status->request_id, "id");
  EXPECT_EQ(status->trace_id.size(), 32);
  EXPECT_STREQ(status->stage, "");
  trail.Enter("decoder", 25);
  trail.StepDone(7, 25);
  EXPECT_STREQ(status->stage, "decoder");
  EXPECT_EQ(status->step, 7);
  EXPECT_EQ(status->step_count, 25);
  trail.Enter("super_res");
  EXPECT_STREQ(status->stage, "super_res");
  EXPECT_EQ(status->step, 0);
}

TEST_F(JobTrailTest, AllocatesNothingWhenNothingIsRecorded) {
  JobTrail trail("id", NewTrace());
  const int before = allocations;
  trail.Queued();
  trail.Enter("decoder", 1000);
  for (int step = 1; step <= 1000; ++step) trail.StepDone(step, 1000);
  trail.Enter("encode");
  trail.End(absl::OkStatus());
  EXPECT_EQ(allocations, before);
}

}  // namespace
}  // namespace unclip
