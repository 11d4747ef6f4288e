#include "tools/stage_name.h"

#include <gtest/gtest.h>

namespace unclip {
namespace {

TEST(StageNameTest, NamesKnownAndUnknownStages) {
  EXPECT_EQ(StageName(common::v1::STAGE_EMBED_TEXT), "embed_text");
  EXPECT_EQ(StageName(common::v1::STAGE_SUPER_RES), "super_res");
  EXPECT_EQ(StageName(static_cast<common::v1::Stage>(99)), "stage_99");
}

}  // namespace
}  // namespace unclip
