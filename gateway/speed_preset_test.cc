#include "gateway/speed_preset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/status_matchers.h"
#include "gateway/testing/fake_models.h"

namespace unclip::gateway {
namespace {

Capabilities FakeCapabilities() {
  auto capabilities = CombineCapabilities(FakeClipInfo(), FakePriorInfo(), FakeDecoderInfo());
  EXPECT_OK(capabilities.status());
  return *std::move(capabilities);
}

int Steps(const SpeedPreset& preset) { return preset.prior.step_count + preset.decoder.step_count + preset.super_res.step_count; }

TEST(SpeedPresetTest, QualityIsAsTheModelsWerePublished) {
  const Capabilities capabilities = FakeCapabilities();
  for (const v1::Speed speed : {v1::SPEED_UNSPECIFIED, v1::SPEED_QUALITY}) {
    const SpeedPreset preset = PresetOf(speed, capabilities);
    EXPECT_EQ(preset.prior.sampler, common::v1::SAMPLER_ANCESTRAL);
    EXPECT_EQ(preset.decoder.sampler, common::v1::SAMPLER_ANCESTRAL);
    EXPECT_EQ(preset.super_res.sampler, common::v1::SAMPLER_ANCESTRAL);
    EXPECT_EQ(preset.prior.step_count, kFakePriorSteps);
    EXPECT_EQ(preset.decoder.step_count, kFakeDecoderSteps);
    EXPECT_EQ(preset.super_res.step_count, kFakeSuperResSteps);
  }
}

TEST(SpeedPresetTest, EachSpeedTakesFewerStepsThanTheOneBefore) {
  Capabilities capabilities = FakeCapabilities();
  capabilities.prior_step_count.default_value = 25;
  capabilities.decoder_step_count.default_value = 25;
  capabilities.super_res_step_count.default_value = 7;
  const int balanced = Steps(PresetOf(v1::SPEED_BALANCED, capabilities));
  EXPECT_LT(balanced, Steps(PresetOf(v1::SPEED_QUALITY, capabilities)));
  EXPECT_LT(Steps(PresetOf(v1::SPEED_FAST, capabilities)), balanced);
}

TEST(SpeedPresetTest, StaysWithinWhatTheModelsAllow) {
  Capabilities capabilities = FakeCapabilities();
  capabilities.prior_step_count = {30, 1000, 40};
  capabilities.super_res_step_count = {1, 1, 1};
  const SpeedPreset preset = PresetOf(v1::SPEED_FAST, capabilities);
  EXPECT_EQ(preset.prior.step_count, 30);
  EXPECT_EQ(preset.super_res.step_count, 1);
}

TEST(SpeedPresetTest, NamesEverySpeedOfTheProto) {
  EXPECT_EQ(Speeds().size(), static_cast<size_t>(v1::Speed_ARRAYSIZE - 1));
  for (const v1::Speed speed : Speeds()) EXPECT_TRUE(v1::Speed_IsValid(speed));
}

TEST(SpeedPresetTest, IsToldWithTheCapabilities) {
  const Capabilities capabilities = FakeCapabilities();
  v1::GetCapabilitiesResponse proto;
  AddSpeeds(capabilities, &proto);
  ASSERT_EQ(proto.speeds_size(), 3);
  EXPECT_EQ(proto.speeds(0).speed(), v1::SPEED_QUALITY);
  EXPECT_EQ(proto.speeds(0).prior_step_count(), kFakePriorSteps);
  const SpeedPreset fast = PresetOf(v1::SPEED_FAST, capabilities);
  EXPECT_EQ(proto.speeds(2).decoder_step_count(), fast.decoder.step_count);
  EXPECT_EQ(proto.speeds(2).decoder_sampler(), fast.decoder.sampler);
  EXPECT_EQ(proto.speeds(2).super_res_step_count(), fast.super_res.step_count);
}

}  // namespace
}  // namespace unclip::gateway
