#include "tools/progress_display.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <sstream>

#include "base/fake_clock.h"

namespace unclip {
namespace {

using testing::HasSubstr;
using testing::Not;

gateway::v1::GenerationProgress Progress(int image, common::v1::Stage stage, int step, int step_count, double fraction) {
  gateway::v1::GenerationProgress progress;
  progress.set_image_index(image);
  progress.mutable_progress()->set_stage(stage);
  progress.mutable_progress()->set_step(step);
  progress.mutable_progress()->set_step_count(step_count);
  progress.set_fraction_done(fraction);
  return progress;
}

TEST(ProgressDisplayTest, PrintsOneLineForEachStageOfEachPicture) {
  FakeClock clock;
  std::ostringstream out;
  ProgressDisplay display(ProgressStyle::kLines, 2, clock, out);
  display.Update(Progress(0, common::v1::STAGE_EMBED_TEXT, 1, 1, 0.01));
  clock.Advance(absl::Milliseconds(1500));
  display.Update(Progress(0, common::v1::STAGE_PRIOR, 1, 25, 0.1));
  display.Update(Progress(0, common::v1::STAGE_PRIOR, 2, 25, 0.2));
  display.Update(Progress(1, common::v1::STAGE_PRIOR, 1, 25, 0.2));
  display.Clear();
  EXPECT_EQ(
      out.str(),
      "picture 1 of 2: embed_text (0.0 s)\npicture 1 of 2: prior, 25 steps (1.5 s)\npicture 2 of 2: prior, 25 steps (1.5 s)\n");
}

TEST(ProgressDisplayTest, DrawsABarWithShareStepsAndTimeLeft) {
  FakeClock clock;
  std::ostringstream out;
  ProgressDisplay display(ProgressStyle::kBar, 1, clock, out);
  clock.Advance(absl::Seconds(4));
  display.Update(Progress(0, common::v1::STAGE_DECODER, 12, 25, 0.4));
  EXPECT_EQ(out.str(), "\r\033[K[############..................]  40 %  decoder 12/25  6 s left");
}

TEST(ProgressDisplayTest, TakesTheBarAwayOnce) {
  FakeClock clock;
  std::ostringstream out;
  ProgressDisplay display(ProgressStyle::kBar, 1, clock, out);
  display.Clear();
  EXPECT_EQ(out.str(), "");
  display.Update(Progress(0, common::v1::STAGE_PRIOR, 1, 25, 0.5));
  out.str("");
  display.Clear();
  display.Clear();
  EXPECT_EQ(out.str(), "\r\033[K");
}

TEST(ProgressDisplayTest, BearsSharesOutOfRange) {
  FakeClock clock;
  for (double fraction : {-1.0, 0.0, 1.0, 7.0, std::numeric_limits<double>::quiet_NaN()}) {
    std::ostringstream out;
    ProgressDisplay display(ProgressStyle::kBar, 1, clock, out);
    display.Update(Progress(0, static_cast<common::v1::Stage>(77), 1, 2, fraction));
    EXPECT_THAT(out.str(), HasSubstr("stage_77 1/2"));
    EXPECT_THAT(out.str(), HasSubstr(fraction >= 1 ? "] 100 %" : "]   0 %"));
    EXPECT_THAT(out.str(), Not(HasSubstr("nan")));
  }
}

TEST(ProgressDisplayTest, StaysSilentWhenAsked) {
  FakeClock clock;
  std::ostringstream out;
  ProgressDisplay display(ProgressStyle::kNone, 1, clock, out);
  display.Update(Progress(0, common::v1::STAGE_PRIOR, 1, 25, 0.5));
  display.Clear();
  EXPECT_EQ(out.str(), "");
}

}  // namespace
}  // namespace unclip
