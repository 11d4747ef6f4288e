#include "tools/simulate/arrivals.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace unclip::simulate {

// SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
double RandomNumbers::Uniform() {
  state_ += 0x9e3779b97f4a7c15;
  uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  z ^= z >> 31;
  return static_cast<double>(z >> 11) * 0x1p-53;
}

double RandomNumbers::Exponential() { return -std::log1p(-Uniform()); }

int RandomNumbers::Index(int limit) { return static_cast<int>(Uniform() * limit); }

std::vector<absl::Duration> PoissonArrivals(absl::Span<const RatePeriod> periods, absl::Duration end, RandomNumbers& random) {
  std::vector<absl::Duration> times;
  double wait = random.Exponential();  // until the next, in arrivals that are expected
  for (size_t i = 0; i < periods.size(); ++i) {
    absl::Duration now = periods[i].from;
    const absl::Duration until = std::min(end, i + 1 < periods.size() ? periods[i + 1].from : end);
    while (now < until) {
      const double expected = periods[i].rate * absl::ToDoubleSeconds(until - now);
      if (wait >= expected) {
        wait -= expected;
        break;
      }
      now += absl::Seconds(wait / periods[i].rate);
      times.push_back(now);
      wait = random.Exponential();
    }
  }
  return times;
}

}  // namespace unclip::simulate
