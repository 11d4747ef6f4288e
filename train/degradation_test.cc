#include "train/degradation.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/rand.h>
#include <gtest/gtest.h>

namespace unclip::train {
namespace {

constexpr DegradationOptions kNone = {.blur_probability = 0, .noise_max = 0};

at::Tensor Pictures() { return at::rand({4, 3, 16, 16}) * 2 - 1; }

at::Tensor Degrade(const DegradationOptions& options, const at::Tensor& pictures, uint64_t seed = 1) {
  at::Generator random = at::make_generator<at::CPUGeneratorImpl>(seed);
  return Degradation(options)(pictures, random);
}

double Roughness(const at::Tensor& pictures) {
  return (pictures.narrow(3, 1, 15) - pictures.narrow(3, 0, 15)).abs().mean().item<double>();
}

TEST(DegradationTest, LeavesPicturesAsTheyAreWhereNothingIsAskedFor) {
  const at::Tensor pictures = Pictures();
  EXPECT_TRUE(at::equal(Degrade(kNone, pictures), pictures));
}

TEST(DegradationTest, DependsOnTheGeneratorAlone) {
  DegradationOptions all = {.blur_probability = 0.5, .noise_max = 0.1, .resample_probability = 0.5, .jpeg_probability = 0.5};
  const at::Tensor pictures = Pictures();
  EXPECT_TRUE(at::equal(Degrade(all, pictures, 3), Degrade(all, pictures, 3)));
  EXPECT_FALSE(at::equal(Degrade(all, pictures, 3), Degrade(all, pictures, 4)));
  EXPECT_LE(Degrade(all, pictures).abs().max().item<double>(), 1);
  EXPECT_EQ(Degrade(all, pictures).sizes(), pictures.sizes());
}

TEST(DegradationTest, BlurSmoothsAndKeepsTheMean) {
  DegradationOptions blur = kNone;
  blur.blur_probability = 1;
  const at::Tensor pictures = Pictures();
  EXPECT_LT(Roughness(Degrade(blur, pictures)), 0.8 * Roughness(pictures));
  const at::Tensor flat = at::full({2, 3, 8, 8}, 0.25);
  EXPECT_TRUE(at::allclose(Degrade(blur, flat), flat, 0, 1e-6));
}

TEST(DegradationTest, ResamplingLosesDetail) {
  DegradationOptions resample = kNone;
  resample.resample_probability = 1;
  const at::Tensor pictures = Pictures();
  EXPECT_LT(Roughness(Degrade(resample, pictures)), 0.9 * Roughness(pictures));
}

TEST(DegradationTest, NoiseIsNoStrongerThanAllowed) {
  DegradationOptions noise = kNone;
  noise.noise_max = 0.2;
  const at::Tensor flat = at::full({64, 3, 8, 8}, 0.0);
  const at::Tensor deviations = Degrade(noise, flat).flatten(1).std(1);  // [64]
  EXPECT_LT(deviations.max().item<double>(), 0.23);
  EXPECT_LT(deviations.min().item<double>(), 0.03);
}

TEST(DegradationTest, JpegComesBackNearWhatItWas) {
  DegradationOptions jpeg = kNone;
  jpeg.jpeg_probability = 1;
  jpeg.jpeg_quality_min = 90;
  const at::Tensor flat = at::full({2, 3, 16, 16}, 0.5);
  EXPECT_TRUE(at::allclose(Degrade(jpeg, flat), flat, 0, 0.03));
  const at::Tensor pictures = Pictures();
  EXPECT_FALSE(at::equal(Degrade(jpeg, pictures), pictures));
}

}  // namespace
}  // namespace unclip::train
