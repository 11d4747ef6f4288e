// What those who watch a job of the table are told.
#include "gateway/http/jobs/job_subscriber.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/fake_clock.h"
#include "base/status_matchers.h"
#include "gateway/http/jobs/fake_answer_writer.h"
#include "gateway/http/jobs/job_table.h"

namespace unclip::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

v1::GenerationProgress Progress(int image_index, int step, const std::string& preview = "") {
  v1::GenerationProgress progress;
  progress.set_image_index(image_index);
  progress.mutable_progress()->set_step(step);
  if (!preview.empty()) progress.mutable_preview()->set_data(preview);
  return progress;
}

v1::GeneratedImage Image(int index) {
  v1::GeneratedImage image;
  image.set_index(index);
  return image;
}

struct Name {
  std::string operator()(const JobStatusEvent& job) const {
    switch (job->status) {
      case JobStatus::kQueued:
        return absl::StrCat("queued", job->queue_position.value_or(-1));
      case JobStatus::kRunning:
        return "running";
      case JobStatus::kSucceeded:
        return absl::StrCat("succeeded with ", job->images.size());
      case JobStatus::kFailed:
        return "failed";
      case JobStatus::kCancelled:
        return "cancelled";
    }
    return "?";
  }
  std::string operator()(const JobProgress& progress) const { return absl::StrCat("step", progress.step); }
  std::string operator()(const JobPreviewEvent& event) const {
    return absl::StrCat("preview", event.image_index, event.preview->data());
  }
  std::string operator()(const JobImageEvent& event) const { return absl::StrCat("image", event.image->index()); }
};

std::vector<std::string> TakeAll(JobSubscriber& subscriber) {
  std::vector<std::string> taken;
  while (const std::optional<JobEvent> event = subscriber.Take()) taken.push_back(std::visit(Name(), *event));
  return taken;
}

class JobSubscriberTest : public testing::Test {
 protected:
  std::unique_ptr<JobRun> Add() { return table_.Add(ImageTask::kGeneration, std::make_shared<const FakeAnswerWriter>()).value(); }

  std::shared_ptr<JobSubscriber> Subscribe(const JobRun& run) {
    absl::StatusOr<std::shared_ptr<JobSubscriber>> subscriber = table_.Subscribe(run.id(), [this] { ++wake_count_; });
    EXPECT_OK(subscriber);
    return *std::move(subscriber);
  }

  FakeClock clock_;
  JobTable table_{{}, &clock_};
  int wake_count_ = 0;
};

TEST_F(JobSubscriberTest, HearsOfEverythingInOrder) {
  const std::unique_ptr<JobRun> run = Add();
  const std::shared_ptr<JobSubscriber> subscriber = Subscribe(*run);
  EXPECT_THAT(TakeAll(*subscriber), ElementsAre("queued0"));
  run->SetRunning();
  EXPECT_THAT(TakeAll(*subscriber), ElementsAre("running"));
  run->OnProgress(Progress(0, 1));
  EXPECT_THAT(TakeAll(*subscriber), ElementsAre("step1"));
  run->OnProgress(Progress(0, 2, "a"));
  EXPECT_THAT(TakeAll(*subscriber), ElementsAre("step2", "preview0a"));
  run->OnImage(Image(0));
  run->Finish(absl::OkStatus());
  EXPECT_THAT(TakeAll(*subscriber), ElementsAre("image0", "succeeded with 1"));
  EXPECT_THAT(TakeAll(*subscriber), IsEmpty());
}

TEST_F(JobSubscriberTest, IsWokenOnceForWhatItHasNotTaken) {
  const std::unique_ptr<JobRun> run = Add();
  const std::shared_ptr<JobSubscriber> subscriber = Subscribe(*run);
  EXPECT_EQ(wake_count_, 1);
  run->SetRunning();
  run->OnProgress(Progress(0, 1));
  EXPECT_EQ(wake_count_, 1);
  EXPECT_THAT(TakeAll(*subscriber), ElementsAre("running", "step1"));
  run->OnProgress(Progress(0, 2));
  EXPECT_EQ(wake_count_, 2);
}

TEST_F(JobSubscriberTest, ALateOneHearsWhatHasCome) {
  const std::unique_ptr<JobRun> run = Add();
  run->SetRunning();
  run->OnProgress(Progress(0, 1, "a"));
  run->OnProgress(Progress(1, 1, "a"));
  run->OnProgress(Progress(1, 2, "b"));
  run->OnImage(Image(0));
  const std::shared_ptr<JobSubscriber> subscriber = Subscribe(*run);
  EXPECT_THAT(TakeAll(*subscriber), ElementsAre("running", "preview1b", "image0"));
}

TEST_F(JobSubscriberTest, OneWhoComesAfterTheEndHearsThePicturesAndTheEnd) {
  const std::unique_ptr<JobRun> run = Add();
  run->OnProgress(Progress(1, 1, "a"));
  run->OnImage(Image(0));
  run->OnImage(Image(1));
  run->Finish(absl::OkStatus());
  EXPECT_THAT(TakeAll(*Subscribe(*run)), ElementsAre("image0", "image1", "succeeded with 2"));
}

TEST_F(JobSubscriberTest, APreviewThatComesAfterItsPictureIsNotTold) {
  const std::unique_ptr<JobRun> run = Add();
  run->OnImage(Image(0));
  const std::shared_ptr<JobSubscriber> subscriber = Subscribe(*run);
  run->OnProgress(Progress(0, 9, "a"));
  EXPECT_THAT(TakeAll(*subscriber), ElementsAre("queued0", "image0", "step9"));
}

TEST_F(JobSubscriberTest, ASlowOneMissesWhatIsOld) {
  const std::unique_ptr<JobRun> run = Add();
  const std::shared_ptr<JobSubscriber> subscriber = Subscribe(*run);
  run->SetRunning();
  for (int step = 1; step <= 1000; ++step) run->OnProgress(Progress(0, step, absl::StrCat(step)));
  EXPECT_THAT(TakeAll(*subscriber), ElementsAre("running", "step1000", "preview01000"));
}

TEST_F(JobSubscriberTest, HearsThatTheQueueMoves) {
  const std::unique_ptr<JobRun> first = Add();
  const std::unique_ptr<JobRun> second = Add();
  const std::unique_ptr<JobRun> third = Add();
  const std::shared_ptr<JobSubscriber> subscriber = Subscribe(*third);
  EXPECT_THAT(TakeAll(*subscriber), ElementsAre("queued2"));
  first->SetRunning();
  EXPECT_THAT(TakeAll(*subscriber), ElementsAre("queued1"));
  EXPECT_OK(table_.CancelOrForget(second->id()));
  EXPECT_THAT(TakeAll(*subscriber), ElementsAre("queued0"));
  first->Finish(absl::OkStatus());
  EXPECT_THAT(TakeAll(*subscriber), IsEmpty());
}

TEST_F(JobSubscriberTest, HearsOfACancelledJob) {
  const std::unique_ptr<JobRun> run = Add();
  const std::shared_ptr<JobSubscriber> subscriber = Subscribe(*run);
  EXPECT_THAT(TakeAll(*subscriber), ElementsAre("queued0"));
  EXPECT_OK(table_.CancelOrForget(run->id()));
  EXPECT_THAT(TakeAll(*subscriber), ElementsAre("cancelled"));
}

TEST_F(JobSubscriberTest, ManyHearTheSame) {
  const std::unique_ptr<JobRun> run = Add();
  const std::shared_ptr<JobSubscriber> one = Subscribe(*run);
  const std::shared_ptr<JobSubscriber> other = Subscribe(*run);
  run->Finish(absl::UnavailableError("down"));
  EXPECT_THAT(TakeAll(*one), ElementsAre("failed"));
  EXPECT_THAT(TakeAll(*other), ElementsAre("failed"));
}

TEST_F(JobSubscriberTest, OneThatWasLetGoOfIsNotWoken) {
  const std::unique_ptr<JobRun> run = Add();
  std::shared_ptr<JobSubscriber> subscriber = Subscribe(*run);
  EXPECT_THAT(TakeAll(*subscriber), ElementsAre("queued0"));
  subscriber = nullptr;
  run->SetRunning();
  EXPECT_EQ(wake_count_, 1);
}

TEST_F(JobSubscriberTest, MayAskTheTableWhenItIsWoken) {
  const std::unique_ptr<JobRun> run = Add();
  std::vector<JobStatus> seen;
  ASSERT_OK_AND_ASSIGN(const std::shared_ptr<JobSubscriber> subscriber,
                       table_.Subscribe(run->id(), [&] { seen.push_back(table_.Get(run->id())->status); }));
  TakeAll(*subscriber);
  run->SetRunning();
  EXPECT_THAT(seen, ElementsAre(JobStatus::kQueued, JobStatus::kRunning));
}

TEST_F(JobSubscriberTest, MayOutliveTheTable) {
  auto table = std::make_unique<JobTable>(JobTableOptions(), &clock_);
  std::unique_ptr<JobRun> run = table->Add(ImageTask::kGeneration, std::make_shared<const FakeAnswerWriter>()).value();
  const std::shared_ptr<JobSubscriber> subscriber = table->Subscribe(run->id(), nullptr).value();
  run = nullptr;
  table = nullptr;
  EXPECT_THAT(TakeAll(*subscriber), ElementsAre("failed"));
}

TEST_F(JobSubscriberTest, NoWakingIsLostBetweenThreads) {
  const std::unique_ptr<JobRun> run = Add();
  absl::Mutex mutex;
  bool is_woken = false;
  ASSERT_OK_AND_ASSIGN(const std::shared_ptr<JobSubscriber> subscriber, table_.Subscribe(run->id(), [&] {
    absl::MutexLock lock(&mutex);
    is_woken = true;
  }));
  std::thread work([&] {
    run->SetRunning();
    for (int step = 1; step <= 1000; ++step) run->OnProgress(Progress(0, step));
    run->Finish(absl::OkStatus());
  });
  for (bool is_over = false; !is_over;) {
    {
      absl::MutexLock lock(&mutex);
      mutex.Await(absl::Condition(&is_woken));
      is_woken = false;
    }
    while (const std::optional<JobEvent> event = subscriber->Take()) is_over = is_over || IsLast(*event);
  }
  work.join();
}

}  // namespace
}  // namespace unclip::gateway
