#include "model/diffusion/philox_noise.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unclip::model {
namespace {

using testing::ElementsAre;

// Known answers of the Random123 distribution.
TEST(PhiloxTest, GivesTheKnownAnswers) {
  EXPECT_THAT(Philox4x32({0, 0, 0, 0}, {0, 0}), ElementsAre(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8));
  EXPECT_THAT(Philox4x32({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
              ElementsAre(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd));
  EXPECT_THAT(Philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
              ElementsAre(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1));
}

TEST(PhiloxNoiseTest, DoesNotDependOnTheBatch) {
  const at::Tensor alone = PhiloxNoise(7).Draw({NoiseKey::kDecoder, 3}, {1, 3, 5, 5});
  const at::Tensor together = PhiloxNoise(7).Draw({NoiseKey::kDecoder, 3}, {4, 3, 5, 5});
  EXPECT_TRUE(together.narrow(0, 0, 1).equal(alone));
  EXPECT_FALSE(together.narrow(0, 1, 1).equal(alone));
}

TEST(PhiloxNoiseTest, DoesNotDependOnWhatWasDrawnBefore) {
  PhiloxNoise noise(7);
  const at::Tensor first = noise.Draw({NoiseKey::kPrior, 2}, {1, 64});
  noise.Draw({NoiseKey::kPrior, 3}, {1, 64});
  EXPECT_TRUE(noise.Draw({NoiseKey::kPrior, 2}, {1, 64}).equal(first));
}

TEST(PhiloxNoiseTest, DiffersBySeedStageAndStep) {
  const at::Tensor base = PhiloxNoise(7).Draw({NoiseKey::kPrior, 2}, {1, 64});
  EXPECT_FALSE(PhiloxNoise(8).Draw({NoiseKey::kPrior, 2}, {1, 64}).equal(base));
  EXPECT_FALSE(PhiloxNoise(7ULL + (1ULL << 32)).Draw({NoiseKey::kPrior, 2}, {1, 64}).equal(base));
  EXPECT_FALSE(PhiloxNoise(7).Draw({NoiseKey::kDecoder, 2}, {1, 64}).equal(base));
  EXPECT_FALSE(PhiloxNoise(7).Draw({NoiseKey::kPrior, NoiseKey::kStart}, {1, 64}).equal(base));
}

TEST(PhiloxNoiseTest, DiffersByUseAndRound) {
  const at::Tensor base = PhiloxNoise(7).Draw({NoiseKey::kDecoder, 2}, {1, 64});
  const at::Tensor known = PhiloxNoise(7).Draw({NoiseKey::kDecoder, 2, NoiseKey::kKnown}, {1, 64});
  const at::Tensor again = PhiloxNoise(7).Draw({NoiseKey::kDecoder, 2, NoiseKey::kKnown, 1}, {1, 64});
  EXPECT_FALSE(known.equal(base));
  EXPECT_FALSE(again.equal(known));
  EXPECT_FALSE(PhiloxNoise(7).Draw({NoiseKey::kDecoder, 2, NoiseKey::kRenoise}, {1, 64}).equal(known));
}

TEST(PhiloxNoiseTest, IsStandardNormal) {
  const at::Tensor noise = PhiloxNoise(1).Draw({NoiseKey::kPrior, 0}, {1, 1000001}).to(at::kDouble);
  EXPECT_NEAR(noise.mean().item<double>(), 0, 0.005);
  EXPECT_NEAR(noise.std().item<double>(), 1, 0.005);
  EXPECT_NEAR((noise * noise * noise).mean().item<double>(), 0, 0.02);          // skew
  EXPECT_NEAR((noise * noise * noise * noise).mean().item<double>(), 3, 0.05);  // kurtosis
  EXPECT_NEAR((noise.abs() > 1.959964).to(at::kDouble).mean().item<double>(), 0.05, 0.002);
}

}  // namespace
}  // namespace unclip::model
