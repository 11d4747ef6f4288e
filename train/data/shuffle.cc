#include "train/data/shuffle.h"

#include <algorithm>
#include <bit>

#include "train/data/random.h"

namespace unclip::train {
namespace {

// Four are proven to look random to anyone; with few bits a half, some more help.
constexpr uint64_t kRounds = 8;

}  // namespace

int64_t ShuffledAt(int64_t place, int64_t count, uint64_t seed) {
  const auto bit_count = static_cast<int>(std::bit_width(static_cast<uint64_t>(count) - 1));
  const int half_bits = std::max(1, (bit_count + 1) / 2);
  const uint64_t mask = (uint64_t{1} << half_bits) - 1;
  auto bits = static_cast<uint64_t>(place);
  do {
    uint64_t left = bits >> half_bits, right = bits & mask;
    for (uint64_t round = 0; round < kRounds; ++round) {
      const uint64_t mixed = left ^ (CombineSeeds({seed, round, right}) & mask);
      left = right;
      right = mixed;
    }
    bits = left << half_bits | right;
  } while (bits >= static_cast<uint64_t>(count));
  return static_cast<int64_t>(bits);
}

}  // namespace unclip::train
