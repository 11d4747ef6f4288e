#include "bench/rpc_cost/picture_parts.h"

#include <gtest/gtest.h>

#include <numeric>

#include "common/rpc/proto_duration.h"

namespace unclip::bench {
namespace {

void AddTiming(common::v1::Stage stage, int queue_ms, int run_ms, gateway::v1::GeneratedImage* picture) {
  common::v1::StageTiming& timing = *picture->add_timings();
  timing.set_stage(stage);
  *timing.mutable_queue_duration() = ToProtoDuration(absl::Milliseconds(queue_ms));
  *timing.mutable_run_duration() = ToProtoDuration(absl::Milliseconds(run_ms));
}

TEST(PicturePartsTest, AddUpToTheWhole) {
  gateway::v1::GeneratedImage picture;
  *picture.mutable_total_duration() = ToProtoDuration(absl::Milliseconds(90));
  AddTiming(common::v1::STAGE_EMBED_TEXT, 0, 5, &picture);
  AddTiming(common::v1::STAGE_PRIOR, 1, 10, &picture);
  AddTiming(common::v1::STAGE_DECODER, 2, 20, &picture);
  AddTiming(common::v1::STAGE_SUPER_RES, 0, 30, &picture);
  AddTiming(common::v1::STAGE_ENCODE, 0, 4, &picture);
  const PictureParts parts = PartsOf(picture, absl::Milliseconds(100));
  EXPECT_EQ(parts[0], absl::Milliseconds(10));
  EXPECT_EQ(parts[1], absl::Milliseconds(5));
  EXPECT_EQ(parts[2], absl::Milliseconds(11));
  EXPECT_EQ(parts[3], absl::Milliseconds(52));
  EXPECT_EQ(parts[4], absl::Milliseconds(4));
  EXPECT_EQ(parts[5], absl::Milliseconds(18));
  EXPECT_EQ(std::accumulate(parts.begin(), parts.end(), absl::ZeroDuration()), absl::Milliseconds(100));
}

}  // namespace
}  // namespace unclip::bench
