#include "common/server/run_main.h"

#include <gtest/gtest.h>

#include "absl/status/status.h"

namespace unclip {
namespace {

TEST(RunMainTest, SaysNothingWhenOk) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(RunMain(absl::OkStatus()), 0);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(RunMainTest, PrintsOneLineAndReturnsOne) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(RunMain(absl::InvalidArgumentError("model.safetensors:\r\n100% broken")), 1);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "error: model.safetensors:\\r\\n100% broken\n");
}

TEST(RunMainTest, ReturnsTwoForUsageErrors) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(RunMain(UsageError("--threads is -1; it must be 0 to 1024")), 2);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "error: --threads is -1; it must be 0 to 1024\n");
}

}  // namespace
}  // namespace unclip
