#include "bench/batch_timing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/status_matchers.h"

namespace unclip::bench {
namespace {

using testing::ElementsAre;

TEST(BatchTimingTest, TimesEveryStageAndDrawsTheSameAgain) {
  ASSERT_OK_AND_ASSIGN(Engines engines, LoadEngines({.checkpoint = "models/shapes32/text-to-image", .thread_count = 1}));
  const BatchOptions options = {.pictures = 2, .prior_steps = 2, .decoder_steps = 2, .super_res_steps = 2};
  ASSERT_OK_AND_ASSIGN(const BatchTiming timing, TimeBatch(engines, options));
  std::vector<std::string> stages;
  absl::Duration sum;
  for (const auto& [stage, duration] : timing.stages) {
    stages.push_back(stage);
    EXPECT_GT(duration, absl::ZeroDuration());
    sum += duration;
  }
  EXPECT_THAT(stages, ElementsAre("text", "prior", "decoder", "upsampler"));
  EXPECT_EQ(sum, timing.total);
  ASSERT_OK_AND_ASSIGN(const BatchTiming again, TimeBatch(engines, options));
  EXPECT_EQ(again.checksum, timing.checksum);
}

}  // namespace
}  // namespace unclip::bench
