#include "bench/operator_profile.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/ones.h>
#include <gtest/gtest.h>

#include <thread>

namespace unclip::bench {
namespace {

TEST(OperatorProfileTest, CountsWhatRunsBetweenStartAndStop) {
  OperatorProfile profile;
  const at::Tensor x = at::ones({100});
  EXPECT_TRUE(profile.counts().empty());
  profile.Start();
  const at::Tensor y = x.to(at::kDouble);
  std::thread([&x] { EXPECT_EQ((x + x).numel(), 100); }).join();
  profile.Stop();
  EXPECT_EQ((x + y).numel(), 100);
  const auto counts = profile.counts();
  EXPECT_EQ(counts.at("aten::copy_").calls, 1);
  EXPECT_EQ(counts.at("aten::copy_").output_bytes, 800);
  EXPECT_EQ(counts.at("aten::add").calls, 1);
  EXPECT_GT(counts.at("aten::_to_copy").self_time, absl::ZeroDuration());
}

TEST(OperatorProfileTest, KnowsWhatOnlyMovesValues) {
  EXPECT_TRUE(MovesValues("aten::copy_"));
  EXPECT_FALSE(MovesValues("aten::add"));
}

}  // namespace
}  // namespace unclip::bench
