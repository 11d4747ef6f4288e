#include "model/device_option.h"

#include <ATen/Context.h>
#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status_matchers.h"

namespace unclip::model {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(DeviceOptionTest, KnowsTheCpu) {
  ASSERT_OK_AND_ASSIGN(const at::Device device, ParseDevice("cpu"));
  EXPECT_TRUE(device.is_cpu());
  PrepareDevice(device);
}

TEST(DeviceOptionTest, RefusesWhatIsNoDevice) {
  for (const char* name : {"", "gpu", "CUDA", "cuda:", "cuda:x", "cuda:-1", "cuda:128", "cuda0", "cpu:0"}) {
    EXPECT_THAT(ParseDevice(name),
                StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr(name), HasSubstr("cpu, cuda or cuda:N"))));
  }
}

TEST(DeviceOptionTest, SaysThatThereIsNoSuchGpu) {
  EXPECT_THAT(ParseDevice("cuda:127"), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("device is cuda:127")));
}

TEST(DeviceOptionTest, NamesTheFirstGpuWhereThereIsOne) {
  if (!at::hasCUDA()) {
    EXPECT_THAT(ParseDevice("cuda"), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("no CUDA")));
    GTEST_SKIP() << "this LibTorch has no CUDA";
  }
  if (at::getNumGPUs() == 0) GTEST_SKIP() << "no GPU";
  ASSERT_OK_AND_ASSIGN(const at::Device device, ParseDevice("cuda"));
  EXPECT_EQ(device, at::Device(at::kCUDA, 0));
}

TEST(DeviceOptionTest, LeavesATensorThatIsThere) {
  const at::Tensor tensor = at::ones({2, 3});
  EXPECT_TRUE(ToDevice(tensor, at::kCPU).is_same(tensor));
}

}  // namespace
}  // namespace unclip::model
