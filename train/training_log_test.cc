#include "train/training_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "base/fake_clock.h"
#include "base/status_matchers.h"

namespace unclip::train {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class TrainingLogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = (std::filesystem::path(::testing::TempDir()) /
             (std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()) + ".csv"))
                .string();
    std::filesystem::remove(path_);
    Open();
  }

  void Open() { ASSERT_OK_AND_ASSIGN(log_, TrainingLog::Open(out_, path_, clock_, absl::Seconds(10), &metrics_)); }

  // One step of eight pictures that took `duration`.
  void Step(int64_t step, absl::Duration duration, double loss, double waited = 0) {
    clock_.Advance(duration);
    log_->Stepped(step, /*steps=*/100, /*pictures=*/8, {{"loss", loss}}, waited);
  }

  std::string Table() const {
    std::ifstream file(path_);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::string path_;
  FakeClock clock_;
  std::ostringstream out_;
  TrainMetrics metrics_{"decoder"};
  std::unique_ptr<TrainingLog> log_;
};

TEST_F(TrainingLogTest, TellsMeansRateAndTimeLeftOnceAnInterval) {
  Step(1, absl::Seconds(60), 9);  // the first step is not counted
  Step(2, absl::Seconds(5), 4);
  EXPECT_EQ(out_.str(), "");
  Step(3, absl::Seconds(5), 2);
  EXPECT_EQ(out_.str(), "step 3 of 100  loss 3  1.6 pictures/s  8m left\n");
  EXPECT_EQ(Table(), "step,pictures_per_second,loss\n3,1.60,3\n");
}

TEST_F(TrainingLogTest, TellsTheLastStepAtOnce) {
  Step(98, absl::Seconds(1), 9);
  Step(99, absl::Seconds(1), 4);
  EXPECT_EQ(out_.str(), "");
  Step(100, absl::Seconds(1), 2);
  EXPECT_THAT(out_.str(), HasSubstr("step 100 of 100"));
}

TEST_F(TrainingLogTest, SaysWhenDataIsTheBottleneck) {
  Step(1, absl::Seconds(1), 9);
  Step(2, absl::Seconds(10), 4, /*waited=*/0.1);
  EXPECT_THAT(out_.str(), Not(HasSubstr("waiting")));
  Step(3, absl::Seconds(10), 4, /*waited=*/5.1);
  EXPECT_THAT(out_.str(), HasSubstr("(50 % of it waiting for data)"));
}

TEST_F(TrainingLogTest, LeavesOutTheTimeOfValidation) {
  Step(1, absl::Seconds(1), 9);
  Step(2, absl::Seconds(10), 9);
  clock_.Advance(absl::Hours(1));
  log_->Validated(2, {{"psnr", 30.5}});
  EXPECT_THAT(out_.str(), HasSubstr("validation at step 2  psnr 30.5\n"));
  Step(3, absl::Seconds(10), 4);
  EXPECT_THAT(out_.str(), HasSubstr("step 3 of 100  loss 4  0.8 pictures/s"));
}

TEST_F(TrainingLogTest, AppendsToTheTableOfARunThatIsTakenUp) {
  Step(1, absl::Seconds(1), 9);
  Step(2, absl::Seconds(10), 9);
  Open();
  Step(3, absl::Seconds(1), 9);
  Step(4, absl::Seconds(10), 5);
  EXPECT_EQ(Table(), "step,pictures_per_second,loss\n2,0.80,9\n4,0.80,5\n");
}

TEST_F(TrainingLogTest, KeepsTheMetricsUp) {
  Step(1, absl::Seconds(1), 9);
  Step(2, absl::Seconds(10), 3, /*waited=*/2);
  log_->Validated(2, {{"all", 0.95}});
  EXPECT_EQ(metrics_.step.Value(), 2);
  EXPECT_EQ(metrics_.steps.Value(), 100);
  EXPECT_EQ(metrics_.pictures_total.Value(), 8);
  EXPECT_EQ(metrics_.data_wait_seconds_total.Value(), 2);
  EXPECT_EQ(metrics_.figure.Add({{"run", "decoder"}, {"name", "loss"}}).Value(), 3);
  EXPECT_EQ(metrics_.validation_score.Add({{"run", "decoder"}, {"name", "all"}}).Value(), 0.95);
}

}  // namespace
}  // namespace unclip::train
