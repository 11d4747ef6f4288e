#include "gateway/http/jobs/job_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/fake_clock.h"
#include "base/status_matchers.h"
#include "common/metrics/metrics_registry.h"
#include "gateway/http/jobs/fake_answer_writer.h"
#include "gateway/http/jobs/job_metrics.h"

namespace unclip::gateway {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Optional;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr absl::StatusCode kNotFound = absl::StatusCode::kNotFound;

v1::GenerationProgress Progress(int image_index, int step, double fraction, const std::string& preview = "") {
  v1::GenerationProgress progress;
  progress.set_image_index(image_index);
  progress.set_fraction_done(fraction);
  progress.mutable_progress()->set_stage(common::v1::STAGE_DECODER);
  progress.mutable_progress()->set_step(step);
  progress.mutable_progress()->set_step_count(25);
  if (!preview.empty()) progress.mutable_preview()->set_data(preview);
  return progress;
}

v1::GeneratedImage Image(int index, const std::string& data = "picture") {
  v1::GeneratedImage image;
  image.set_index(index);
  image.mutable_image()->set_data(data);
  return image;
}

class JobTableTest : public testing::Test {
 protected:
  std::unique_ptr<JobRun> Add() {
    absl::StatusOr<std::unique_ptr<JobRun>> run = table_.Add(ImageTask::kGeneration, writer_);
    EXPECT_OK(run);
    return *std::move(run);
  }

  JobSnapshot Get(const std::string& id) {
    const absl::StatusOr<JobSnapshot> job = table_.Get(id);
    EXPECT_OK(job);
    return job.value_or(JobSnapshot());
  }

  // The id of a job that has succeeded with one picture of so many bytes.
  std::string AddFinished(size_t bytes = 1) {
    const std::unique_ptr<JobRun> run = Add();
    run->OnImage(Image(0, std::string(bytes, 'x')));
    run->Finish(absl::OkStatus());
    return run->id();
  }

  static constexpr absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);

  FakeClock clock_;
  const std::shared_ptr<const AnswerWriter> writer_ = std::make_shared<const FakeAnswerWriter>();
  JobTable table_{{.max_unfinished = 3,
                   .max_finished = 3,
                   .max_result_bytes = 100,
                   .lifetime = absl::Hours(1),
                   .wall_clock = [this] { return kStart + clock_.Now(); }},
                  &clock_};
};

TEST_F(JobTableTest, AJobGoesItsWay) {
  const std::unique_ptr<JobRun> run = Add();
  EXPECT_THAT(run->id(), StartsWith("job_"));
  EXPECT_THAT(run->id(), SizeIs(28));
  JobSnapshot job = Get(run->id());
  EXPECT_EQ(job.status, JobStatus::kQueued);
  EXPECT_EQ(job.created_at, kStart);
  EXPECT_THAT(job.queue_position, Optional(0));

  clock_.Advance(absl::Seconds(10));
  EXPECT_TRUE(run->SetRunning());
  job = Get(run->id());
  EXPECT_EQ(job.status, JobStatus::kRunning);
  EXPECT_THAT(job.started_at, Optional(kStart + absl::Seconds(10)));
  EXPECT_EQ(job.queue_position, std::nullopt);
  EXPECT_EQ(job.progress.remaining, std::nullopt);

  clock_.Advance(absl::Seconds(5));
  run->OnProgress(Progress(0, 5, 0.25));
  job = Get(run->id());
  EXPECT_EQ(job.progress.fraction, 0.25);
  EXPECT_EQ(job.progress.step, 5);
  EXPECT_EQ(job.progress.stage, common::v1::STAGE_DECODER);
  EXPECT_THAT(job.progress.remaining, Optional(absl::Seconds(15)));

  run->OnImage(Image(0));
  clock_.Advance(absl::Seconds(5));
  EXPECT_THAT(Get(run->id()).progress.remaining, Optional(absl::Seconds(10))) << "the estimate counts down by itself";
  run->Finish(absl::OkStatus(), {v1::Warning()});
  job = Get(run->id());
  EXPECT_EQ(job.status, JobStatus::kSucceeded);
  EXPECT_THAT(job.finished_at, Optional(kStart + absl::Seconds(20)));
  EXPECT_THAT(job.expires_at, Optional(kStart + absl::Seconds(20) + absl::Hours(1)));
  EXPECT_EQ(job.progress.fraction, 1);
  EXPECT_EQ(job.progress.remaining, std::nullopt);
  EXPECT_THAT(job.images, SizeIs(1));
  EXPECT_THAT(job.warnings, SizeIs(1));
  EXPECT_OK(job.error);
}

TEST_F(JobTableTest, PicturesAreInTheRequestsOrder) {
  const std::unique_ptr<JobRun> run = Add();
  for (const int index : {2, 0, 1, 0}) run->OnImage(Image(index));
  const JobSnapshot job = Get(run->id());
  ASSERT_THAT(job.images, SizeIs(3));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(job.images[i]->index(), i);
}

TEST_F(JobTableTest, TheStatusSaysHowAJobEnded) {
  const auto status_after = [this](const absl::Status& end) {
    const std::unique_ptr<JobRun> run = Add();
    run->Finish(end);
    EXPECT_EQ(Get(run->id()).error, end);
    return Get(run->id()).status;
  };
  EXPECT_EQ(status_after(absl::OkStatus()), JobStatus::kSucceeded);
  EXPECT_EQ(status_after(absl::CancelledError("left")), JobStatus::kCancelled);
  EXPECT_EQ(status_after(absl::UnavailableError("down")), JobStatus::kFailed);
  EXPECT_EQ(status_after(absl::DeadlineExceededError("late")), JobStatus::kFailed);
}

TEST_F(JobTableTest, AFinalJobStaysAsItIs) {
  const std::unique_ptr<JobRun> run = Add();
  run->Finish(absl::UnavailableError("down"));
  clock_.Advance(absl::Seconds(1));
  EXPECT_FALSE(run->SetRunning());
  run->OnProgress(Progress(0, 5, 0.5));
  run->OnImage(Image(0));
  run->Finish(absl::OkStatus());
  const JobSnapshot job = Get(run->id());
  EXPECT_EQ(job.status, JobStatus::kFailed);
  EXPECT_THAT(job.finished_at, Optional(kStart));
  EXPECT_EQ(job.progress.fraction, 0);
  EXPECT_THAT(job.images, SizeIs(0));
}

TEST_F(JobTableTest, AJobThatIsGivenUpFails) {
  const std::string id = Add()->id();
  EXPECT_EQ(Get(id).status, JobStatus::kFailed);
  EXPECT_THAT(Get(id).error, StatusIs(absl::StatusCode::kInternal, HasSubstr("given up")));
}

TEST_F(JobTableTest, TellsHowManyAreAhead) {
  const std::unique_ptr<JobRun> first = Add();
  const std::unique_ptr<JobRun> second = Add();
  const std::unique_ptr<JobRun> third = Add();
  EXPECT_THAT(Get(third->id()).queue_position, Optional(2));
  second->Finish(absl::CancelledError("left"));
  EXPECT_THAT(Get(third->id()).queue_position, Optional(1));
  EXPECT_TRUE(first->SetRunning());
  EXPECT_FALSE(first->SetRunning());
  EXPECT_THAT(Get(third->id()).queue_position, Optional(0));
  const JobCounts counts = table_.counts();
  EXPECT_EQ(counts.queued, 1u);
  EXPECT_EQ(counts.running, 1u);
  EXPECT_EQ(counts.finished, 1u);
}

TEST_F(JobTableTest, KnowsNoOtherIds) {
  Add();
  for (const char* id : {"", "job_", "job_aaaaaaaaaaaaaaaaaaaaaaaa", "../jobs"}) {
    EXPECT_THAT(table_.Get(id), StatusIs(kNotFound, HasSubstr("no such job")));
    EXPECT_THAT(table_.CancelOrForget(id), StatusIs(kNotFound, HasSubstr("no such job")));
    EXPECT_THAT(table_.Subscribe(id, [] {}), StatusIs(kNotFound, HasSubstr("no such job")));
  }
}

TEST_F(JobTableTest, CancelsAJobAndItsWork) {
  const std::unique_ptr<JobRun> run = Add();
  EXPECT_TRUE(run->SetRunning());
  EXPECT_OK(run->cancellation().status());
  ASSERT_OK_AND_ASSIGN(const std::optional<JobSnapshot> cancelled, table_.CancelOrForget(run->id()));
  ASSERT_TRUE(cancelled.has_value());
  EXPECT_EQ(cancelled->status, JobStatus::kCancelled);
  EXPECT_THAT(run->cancellation().status(), StatusIs(absl::StatusCode::kCancelled, HasSubstr("cancelled")));
}

TEST_F(JobTableTest, WorkMayEndAsSoonAsItIsCancelled) {
  const std::unique_ptr<JobRun> run = Add();
  const Cancellation::Hook hook(&run->cancellation(), [&] { run->Finish(absl::CancelledError("stopped")); });
  EXPECT_OK(table_.CancelOrForget(run->id()));
  EXPECT_EQ(Get(run->id()).status, JobStatus::kCancelled);
}

TEST_F(JobTableTest, ForgetsAFinishedJob) {
  const std::string id = AddFinished();
  ASSERT_OK_AND_ASSIGN(const std::optional<JobSnapshot> forgotten, table_.CancelOrForget(id));
  EXPECT_EQ(forgotten, std::nullopt);
  EXPECT_THAT(table_.Get(id), StatusIs(kNotFound, HasSubstr("no such job")));
}

TEST_F(JobTableTest, FinishedJobsExpire) {
  const std::string first = AddFinished();
  const std::unique_ptr<JobRun> unfinished = Add();
  clock_.Advance(absl::Minutes(30));
  const std::string second = AddFinished();
  clock_.Advance(absl::Minutes(30) - absl::Nanoseconds(1));
  EXPECT_OK(table_.Get(first));
  clock_.Advance(absl::Nanoseconds(1));
  EXPECT_THAT(table_.Get(first), StatusIs(kNotFound, HasSubstr("no such job")));
  EXPECT_OK(table_.Get(second));
  clock_.Advance(absl::Hours(100));
  EXPECT_THAT(table_.Get(second), StatusIs(kNotFound, HasSubstr("no such job")));
  EXPECT_OK(table_.Get(unfinished->id()));
}

TEST_F(JobTableTest, RefusesMoreThanMayBeUnfinished) {
  std::vector<std::unique_ptr<JobRun>> runs;
  for (int i = 0; i < 3; ++i) runs.push_back(Add());
  EXPECT_TRUE(runs[0]->SetRunning());
  EXPECT_THAT(table_.Add(ImageTask::kEdit, writer_),
              StatusIs(absl::StatusCode::kResourceExhausted, "3 jobs are queued or running, as many as may be; try again later"));
  runs[0]->Finish(absl::OkStatus());
  EXPECT_OK(table_.Add(ImageTask::kEdit, writer_));
}

TEST_F(JobTableTest, TheOldestResultMakesRoomForJobs) {
  const std::string first = AddFinished();
  std::string last;
  for (int i = 0; i < 3; ++i) last = AddFinished();
  EXPECT_THAT(table_.Get(first), StatusIs(kNotFound, HasSubstr("no such job")));
  EXPECT_OK(table_.Get(last));
  EXPECT_EQ(table_.counts().finished, 3u);
}

TEST_F(JobTableTest, TheOldestResultMakesRoomForBytes) {
  const std::string first = AddFinished(60);
  const std::string second = AddFinished(40);
  EXPECT_OK(table_.Get(first));
  const std::string third = AddFinished(1);
  EXPECT_THAT(table_.Get(first), StatusIs(kNotFound, HasSubstr("no such job")));
  EXPECT_OK(table_.Get(second));
  const std::string large = AddFinished(1000);
  EXPECT_OK(table_.Get(large)) << "the newest stays";
  EXPECT_EQ(table_.counts().finished, 1u);
  EXPECT_OK(table_.Get(AddFinished(1)));
  EXPECT_EQ(table_.counts().finished, 1u);
}

TEST_F(JobTableTest, EndsAllThatIsUnfinished) {
  const std::unique_ptr<JobRun> queued = Add();
  const std::unique_ptr<JobRun> running = Add();
  EXPECT_TRUE(running->SetRunning());
  const std::string finished = AddFinished();
  table_.EndAll(absl::UnavailableError("the gateway is going down"));
  for (JobRun* run : {queued.get(), running.get()}) {
    EXPECT_EQ(Get(run->id()).status, JobStatus::kFailed);
    EXPECT_THAT(run->cancellation().status(), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("going down")));
  }
  EXPECT_EQ(Get(finished).status, JobStatus::kSucceeded);
  EXPECT_EQ(table_.counts().queued, 0u);
}

TEST_F(JobTableTest, CountsWhatIsUnderWayAndHowItEnded) {
  MetricsRegistry registry("gateway");
  JobMetrics metrics(registry);
  JobTable table({.metrics = &metrics}, &clock_);
  const auto text = [&] { return prometheus::TextSerializer().Serialize(registry.prometheus_registry()->Collect()); };
  EXPECT_THAT(text(), HasSubstr("jobs_ended_total{status=\"failed\"} 0"));
  std::vector<std::unique_ptr<JobRun>> runs;
  for (int i = 0; i < 4; ++i) runs.push_back(*table.Add(ImageTask::kGeneration, writer_));
  for (int i = 0; i < 3; ++i) runs[i]->SetRunning();
  EXPECT_THAT(text(), AllOf(HasSubstr("jobs{status=\"queued\"} 1"), HasSubstr("jobs{status=\"running\"} 3")));
  runs[0]->Finish(absl::OkStatus());
  runs[0]->Finish(absl::OkStatus());  // counts once
  runs[1]->Finish(absl::UnavailableError("down"));
  EXPECT_OK(table.CancelOrForget(runs[3]->id()));
  EXPECT_THAT(text(), AllOf(HasSubstr("jobs{status=\"queued\"} 0"), HasSubstr("jobs{status=\"running\"} 1")));
  table.EndAll(absl::UnavailableError("the gateway goes down"));
  EXPECT_THAT(text(),
              AllOf(HasSubstr("jobs{status=\"running\"} 0"), HasSubstr("jobs_ended_total{status=\"succeeded\"} 1"),
                    HasSubstr("jobs_ended_total{status=\"failed\"} 2"), HasSubstr("jobs_ended_total{status=\"cancelled\"} 1")));
}

TEST_F(JobTableTest, ServesManyThreadsAtATime) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([this, i] {
      for (int j = 0; j < 50; ++j) {
        absl::StatusOr<std::unique_ptr<JobRun>> run = table_.Add(ImageTask::kGeneration, writer_);
        if (!run.ok()) continue;
        const absl::StatusOr<std::shared_ptr<JobSubscriber>> subscriber = table_.Subscribe((*run)->id(), [] {});
        if (i % 2 == 0) (*run)->SetRunning();
        (*run)->OnProgress(Progress(0, 1, 0.5, "preview"));
        if (i % 3 == 0) table_.CancelOrForget((*run)->id()).IgnoreError();
        (*run)->OnImage(Image(0));
        if (i % 5 == 0) (*run)->Finish(absl::OkStatus());
        while (subscriber.ok() && (*subscriber)->Take().has_value()) continue;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const JobCounts counts = table_.counts();
  EXPECT_EQ(counts.queued + counts.running, 0u);
  EXPECT_LE(counts.finished, 3u);
}

}  // namespace
}  // namespace unclip::gateway
