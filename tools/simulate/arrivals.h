// When requests arrive.
#ifndef UNCLIP_TOOLS_SIMULATE_ARRIVALS_H_
#define UNCLIP_TOOLS_SIMULATE_ARRIVALS_H_

#include <cstdint>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"

namespace unclip::simulate {

// Random numbers that are the same on every machine, unlike those of the standard library's distributions.
class RandomNumbers {
 public:
  explicit RandomNumbers(uint64_t seed) : state_(seed) {}

  // In [0, 1).
  double Uniform();
  // Of a mean of 1.
  double Exponential();
  // In [0, limit), limit ≥ 1.
  int Index(int limit);

 private:
  uint64_t state_;
};

// From a time on, so many requests arrive a second.
struct RatePeriod {
  absl::Duration from;
  double rate = 0;  // ≥ 0
};

// The times in [0, end), ascending, of a Poisson process whose rate changes as `periods`, ascending, say; 0 before the first of
// them.
std::vector<absl::Duration> PoissonArrivals(absl::Span<const RatePeriod> periods, absl::Duration end, RandomNumbers& random);

}  // namespace unclip::simulate

#endif  // UNCLIP_TOOLS_SIMULATE_ARRIVALS_H_
