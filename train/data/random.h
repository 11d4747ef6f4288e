// Random numbers that are the same in every process and build, which those of absl::Uniform are not promised to be.
#ifndef UNCLIP_TRAIN_DATA_RANDOM_H_
#define UNCLIP_TRAIN_DATA_RANDOM_H_

#include <cstdint>
#include <initializer_list>

namespace unclip::train {

// Spreads `bits` over all 64. Source: SplitMix64's output function (Steele et al. 2014).
constexpr uint64_t MixBits(uint64_t bits) {
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
  return bits ^ (bits >> 31);
}

// A seed that depends on all of `parts` and on their order.
constexpr uint64_t CombineSeeds(std::initializer_list<uint64_t> parts) {
  uint64_t seed = 0x6a09e667f3bcc909;
  for (const uint64_t part : parts) seed = MixBits((seed ^ MixBits(part + 0x9e3779b97f4a7c15)) * 0xd6e8feb86659fd93);
  return seed;
}

// SplitMix64. Seeds that lie close together give numbers that do, one step on: make them with CombineSeeds().
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next() { return MixBits(state_ += 0x9e3779b97f4a7c15); }

  // 0 <= x < 1.
  double Unit() { return static_cast<double>(Next() >> 11) * 0x1p-53; }

  // 0 <= x < count, where count >= 1. Some are likelier by count / 2^64, which no run is long enough to show.
  int64_t Below(int64_t count) {
    return static_cast<int64_t>((static_cast<unsigned __int128>(Next()) * static_cast<uint64_t>(count)) >> 64);
  }

  bool Chance(double probability) { return Unit() < probability; }

 private:
  uint64_t state_;
};

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_DATA_RANDOM_H_
