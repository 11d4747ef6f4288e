#include "gateway/http/jobs/job_events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace unclip::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

JobEvent Status(JobStatus status, int queue_position = 0) {
  return std::make_shared<const JobSnapshot>(JobSnapshot{.status = status, .queue_position = queue_position});
}

JobEvent Progress(int step) { return JobProgress{.step = step}; }

JobEvent Preview(int image_index, const std::string& data) {
  auto preview = std::make_shared<common::v1::EncodedImage>();
  preview->set_data(data);
  return JobPreviewEvent{.image_index = image_index, .preview = preview};
}

JobEvent Image(int index) {
  auto image = std::make_shared<v1::GeneratedImage>();
  image->set_index(index);
  return JobImageEvent{.image = image};
}

struct Name {
  std::string operator()(const JobStatusEvent& job) const {
    return absl::StrCat(IsFinal(job->status) ? "S" : "s", job->queue_position.value_or(-1));
  }
  std::string operator()(const JobProgress& progress) const { return absl::StrCat("p", progress.step); }
  std::string operator()(const JobPreviewEvent& event) const {
    return absl::StrCat("v", event.image_index, event.preview->data());
  }
  std::string operator()(const JobImageEvent& event) const { return absl::StrCat("i", event.image->index()); }
};

// "s0" is a status with its place in the queue, "S0" the last one, "p3" a progress at step 3, "v0a" a preview of picture 0 of
// bytes "a", "i0" picture 0.
std::vector<std::string> TakeAll(PendingJobEvents& events) {
  std::vector<std::string> taken;
  while (const std::optional<JobEvent> event = events.Take()) taken.push_back(std::visit(Name(), *event));
  return taken;
}

TEST(PendingJobEventsTest, SendsEverythingToAFastSubscriber) {
  PendingJobEvents events;
  EXPECT_TRUE(events.empty());
  for (const JobEvent& event : {Status(JobStatus::kQueued), Progress(1), Preview(0, "a"), Image(0)}) {
    events.Add(event);
    EXPECT_FALSE(events.empty());
    EXPECT_THAT(TakeAll(events), SizeIs(1));
  }
  EXPECT_TRUE(events.empty());
}

TEST(PendingJobEventsTest, KeepsTheOrder) {
  PendingJobEvents events;
  for (const JobEvent& event : {Status(JobStatus::kRunning), Progress(1), Preview(1, "a"), Image(0)}) events.Add(event);
  EXPECT_THAT(TakeAll(events), ElementsAre("s0", "p1", "v1a", "i0"));
}

TEST(PendingJobEventsTest, TheNewerTakesTheOldersPlace) {
  PendingJobEvents events;
  for (const JobEvent& event : {Status(JobStatus::kQueued, 2), Progress(1), Preview(0, "a"), Preview(1, "a"),
                                Status(JobStatus::kQueued, 1), Progress(2), Preview(0, "b")}) {
    events.Add(event);
  }
  EXPECT_THAT(TakeAll(events), ElementsAre("v1a", "s1", "p2", "v0b"));
}

TEST(PendingJobEventsTest, APictureTakesThePlaceOfItsPreview) {
  PendingJobEvents events;
  for (const JobEvent& event : {Preview(0, "a"), Preview(1, "a"), Image(0)}) events.Add(event);
  EXPECT_THAT(TakeAll(events), ElementsAre("v1a", "i0"));
}

TEST(PendingJobEventsTest, TheLastStatusTakesThePlaceOfAllButPictures) {
  PendingJobEvents events;
  for (const JobEvent& event :
       {Status(JobStatus::kRunning), Image(0), Progress(1), Preview(1, "a"), Image(2), Status(JobStatus::kFailed)}) {
    events.Add(event);
  }
  EXPECT_THAT(TakeAll(events), ElementsAre("i0", "i2", "S0"));
}

TEST(PendingJobEventsTest, HoldsABoundedNumberForASubscriberThatTakesNothing) {
  PendingJobEvents events;
  for (int step = 0; step < 1000; ++step) {
    events.Add(Status(JobStatus::kRunning));
    events.Add(Progress(step));
    for (int image = 0; image < 10; ++image) events.Add(Preview(image, "a"));
  }
  EXPECT_THAT(TakeAll(events), SizeIs(12));
}

TEST(IsLastTest, OnlyAStatusThatIsFinal) {
  EXPECT_FALSE(IsLast(Status(JobStatus::kQueued)));
  EXPECT_FALSE(IsLast(Status(JobStatus::kRunning)));
  EXPECT_TRUE(IsLast(Status(JobStatus::kSucceeded)));
  EXPECT_TRUE(IsLast(Status(JobStatus::kFailed)));
  EXPECT_TRUE(IsLast(Status(JobStatus::kCancelled)));
  EXPECT_FALSE(IsLast(Image(0)));
}

}  // namespace
}  // namespace unclip::gateway
