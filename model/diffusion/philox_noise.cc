#include "model/diffusion/philox_noise.h"

#include <ATen/ops/empty.h>

#include <cmath>
#include <functional>
#include <numbers>
#include <numeric>

namespace unclip::model {
namespace {

constexpr uint32_t kMultiplier0 = 0xD2511F53;
constexpr uint32_t kMultiplier1 = 0xCD9E8D57;
constexpr uint32_t kWeyl0 = 0x9E3779B9;  // the golden ratio
constexpr uint32_t kWeyl1 = 0xBB67AE85;  // sqrt(3) - 1
constexpr int kRounds = 10;
constexpr double kTwoToMinus32 = 1.0 / 4294967296.0;

// Two independent standard normal values of two uniform 32-bit words.
void BoxMuller(uint32_t a, uint32_t b, float* out) {
  const double radius = std::sqrt(-2 * std::log((a + 0.5) * kTwoToMinus32));  // the half keeps the logarithm off zero
  const double angle = 2 * std::numbers::pi * ((b + 0.5) * kTwoToMinus32);
  out[0] = static_cast<float>(radius * std::cos(angle));
  out[1] = static_cast<float>(radius * std::sin(angle));
}

}  // namespace

std::array<uint32_t, 4> Philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
  for (int round = 0; round < kRounds; ++round) {
    const uint64_t product0 = static_cast<uint64_t>(kMultiplier0) * counter[0];
    const uint64_t product1 = static_cast<uint64_t>(kMultiplier1) * counter[2];
    counter = {static_cast<uint32_t>(product1 >> 32) ^ counter[1] ^ key[0], static_cast<uint32_t>(product1),
               static_cast<uint32_t>(product0 >> 32) ^ counter[3] ^ key[1], static_cast<uint32_t>(product0)};
    key[0] += kWeyl0;
    key[1] += kWeyl1;
  }
  return counter;
}

at::Tensor PhiloxNoise::Draw(const NoiseKey& key, const std::vector<int64_t>& shape) {
  at::Tensor noise = at::empty(shape, at::TensorOptions().dtype(at::kFloat));
  const int64_t sample_size = std::accumulate(shape.begin() + 1, shape.end(), int64_t{1}, std::multiplies<>());
  const std::array<uint32_t, 2> philox_key = {static_cast<uint32_t>(seed_), static_cast<uint32_t>(seed_ >> 32)};
  const uint32_t place = key.stage << 16 | static_cast<uint32_t>(key.step + 1);                   // steps are at most 1000
  const uint32_t draw = static_cast<uint32_t>(key.use) << 16 | static_cast<uint32_t>(key.round);  // 0 where there is one alone
  float* out = noise.data_ptr<float>();
  for (int64_t n = 0; n < shape[0]; ++n, out += sample_size) {
    for (int64_t element = 0; element < sample_size; element += 4) {
      const auto words = Philox4x32({static_cast<uint32_t>(element / 4), draw, place, static_cast<uint32_t>(n)}, philox_key);
      float normals[4];
      BoxMuller(words[0], words[1], normals);
      BoxMuller(words[2], words[3], normals + 2);
      for (int64_t i = 0; i < 4 && element + i < sample_size; ++i) out[element + i] = normals[i];
    }
  }
  return noise;
}

}  // namespace unclip::model
