#include "gateway/http/jobs/job_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "gateway/http/jobs/fake_answer_writer.h"

namespace unclip::gateway {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

JobSnapshot Queued() {
  return {.id = "job_x",
          .kind = ImageTask::kEdit,
          .created_at = absl::FromUnixMillis(1'800'000'000'900),
          .queue_position = 2,
          .writer = std::make_shared<const FakeAnswerWriter>()};
}

JobSnapshot Succeeded() {
  JobSnapshot job = Queued();
  job.status = JobStatus::kSucceeded;
  job.queue_position = std::nullopt;
  job.started_at = absl::FromUnixSeconds(1'800'000'001);
  job.finished_at = absl::FromUnixSeconds(1'800'000'002);
  job.expires_at = absl::FromUnixSeconds(1'800'003'602);
  job.progress.fraction = 1;
  auto image = std::make_shared<v1::GeneratedImage>();
  image->set_seed(7);
  job.images = {std::move(image)};
  return job;
}

TEST(JobJsonTest, WritesAQueuedJob) {
  EXPECT_EQ(JobJson(Queued()),
            R"({"id":"job_x","object":"job","kind":"edit","status":"queued","created_at":1800000000,"started_at":null,)"
            R"("finished_at":null,"expires_at":null,"queue_position":2,"progress":{"fraction":0.0,"stage":null,"step":0,)"
            R"("step_count":0,"image_index":0,"eta_seconds":null},"parameters":{"prompt":"a cat"},"result":null,"error":null})");
}

TEST(JobJsonTest, WritesTheResultOfAJobThatSucceeded) {
  const std::string json = JobJson(Succeeded());
  EXPECT_THAT(json, HasSubstr(R"("status":"succeeded")"));
  EXPECT_THAT(json,
              HasSubstr(R"("started_at":1800000001,"finished_at":1800000002,"expires_at":1800003602,"queue_position":null)"));
  EXPECT_THAT(json, HasSubstr(R"("result":{"created":1800000000,"warnings":0,"data":[{"seed":7}]},"error":null)"));
}

TEST(JobJsonTest, WritesTheErrorOfAJobThatFailed) {
  JobSnapshot job = Succeeded();
  job.status = JobStatus::kFailed;
  job.error = absl::UnavailableError("decoder is down");
  EXPECT_THAT(JobJson(job), HasSubstr(R"("status":"failed")"));
  EXPECT_THAT(JobJson(job), HasSubstr(R"("result":null,"error":{"message":"decoder is down"})"));
}

TEST(JobJsonTest, WritesWhatIsNotUtf8) {
  JobSnapshot job = Queued();
  job.error = absl::InternalError("a \xFF");
  EXPECT_THAT(JobJson(job), HasSubstr("a \uFFFD"));
}

TEST(JobJsonTest, WritesADeletedJob) { EXPECT_EQ(DeletedJobJson("job_x"), R"({"id":"job_x","object":"job","deleted":true})"); }

TEST(JobEventTextTest, WritesAStatus) {
  EXPECT_EQ(JobEventText(std::make_shared<const JobSnapshot>(Queued())), "event: status\ndata: " + JobJson(Queued()) + "\n\n");
}

TEST(JobEventTextTest, OnlyTheLastStatusHasTheResult) {
  JobSnapshot job = Succeeded();
  EXPECT_THAT(JobEventText(std::make_shared<const JobSnapshot>(job)), HasSubstr(R"("data":[{"seed":7}])"));
  job.status = JobStatus::kRunning;
  EXPECT_THAT(JobEventText(std::make_shared<const JobSnapshot>(job)), HasSubstr(R"("result":null)"));
}

TEST(JobEventTextTest, WritesProgress) {
  const JobProgress progress = {.fraction = 0.5,
                                .stage = common::v1::STAGE_SUPER_RES,
                                .step = 3,
                                .step_count = 7,
                                .image_index = 1,
                                .remaining = absl::Milliseconds(4249)};
  EXPECT_EQ(JobEventText(progress),
            "event: progress\n"
            R"(data: {"fraction":0.5,"stage":"super_res","step":3,"step_count":7,"image_index":1,"eta_seconds":4.2})"
            "\n\n");
}

TEST(JobEventTextTest, WritesAPreview) {
  common::v1::EncodedImage preview;
  preview.set_format(common::v1::IMAGE_FORMAT_PNG);
  preview.mutable_size()->set_width_px(64);
  preview.mutable_size()->set_height_px(32);
  preview.set_data("abc");
  EXPECT_EQ(JobEventText(JobPreviewEvent{.image_index = 1, .preview = std::make_shared<const common::v1::EncodedImage>(preview)}),
            "event: preview\n"
            R"(data: {"image_index":1,"b64_json":"YWJj","output_format":"png","size":"64x32"})"
            "\n\n");
}

TEST(JobEventTextTest, WritesAnImage) {
  auto image = std::make_shared<v1::GeneratedImage>();
  image->set_index(2);
  image->set_seed(18446744073709551615u);
  EXPECT_EQ(JobEventText(JobImageEvent{.image = image, .writer = std::make_shared<const FakeAnswerWriter>()}),
            "event: image\n"
            R"(data: {"image_index":2,"seed":18446744073709551615})"
            "\n\n");
}

TEST(JobEventTextTest, AnEventIsOneLineWhateverIsInIt) {
  JobSnapshot job = Queued();
  job.error = absl::InternalError("a\nb\r\n\ndata: c");
  std::string text = JobEventText(std::make_shared<const JobSnapshot>(job));
  ASSERT_TRUE(absl::EndsWith(text, "\n\n"));
  text.resize(text.size() - 2);
  EXPECT_THAT(text.substr(text.find('\n') + 1), Not(HasSubstr("\n")));
  EXPECT_THAT(text, Not(HasSubstr("\r")));
}

}  // namespace
}  // namespace unclip::gateway
