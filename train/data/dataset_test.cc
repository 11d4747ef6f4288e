#include "train/data/dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/status_matchers.h"

namespace unclip::train {
namespace {

using testing::HasSubstr;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

TEST(CheckWindowTest, AcceptsWindowsUpToTheEdges) {
  EXPECT_OK(CheckWindow({.size = 64, .side = 64}));
  EXPECT_OK(CheckWindow({.size = 64, .side = 16, .x = 48, .y = 0}));
  EXPECT_OK(CheckWindow({.size = 64, .side = 16, .x = 0, .y = 48}));
  EXPECT_OK(CheckWindow({.size = kMaxPictureSize, .side = 1, .x = kMaxPictureSize - 1}));
}

TEST(CheckWindowTest, RefusesWhatLiesOutside) {
  EXPECT_THAT(CheckWindow({.size = 0, .side = 0}), StatusIs(kInvalid, HasSubstr("window.size is 0")));
  EXPECT_THAT(CheckWindow({.size = kMaxPictureSize + 1, .side = 1}), StatusIs(kInvalid, HasSubstr("8193")));
  EXPECT_THAT(CheckWindow({.size = 64, .side = 0}), StatusIs(kInvalid, HasSubstr("window.side is 0; it must be 1 to 64")));
  EXPECT_THAT(CheckWindow({.size = 64, .side = 65}), StatusIs(kInvalid, HasSubstr("65")));
  EXPECT_THAT(CheckWindow({.size = 64, .side = 16, .x = 49}), StatusIs(kInvalid, HasSubstr("(49, 0); x and y must be 0 to 48")));
  EXPECT_THAT(CheckWindow({.size = 64, .side = 16, .x = 0, .y = -1}), StatusIs(kInvalid, HasSubstr("(0, -1)")));
  EXPECT_THAT(CheckWindow({.size = 64, .side = 16, .x = std::numeric_limits<int>::max()}), StatusIs(kInvalid, HasSubstr("48")));
}

}  // namespace
}  // namespace unclip::train
