// An order of many things that is known at every place without being written down.
#ifndef UNCLIP_TRAIN_DATA_SHUFFLE_H_
#define UNCLIP_TRAIN_DATA_SHUFFLE_H_

#include <cstdint>

namespace unclip::train {

// What stands at `place` (0 .. count - 1) in the random order of 0 .. count - 1 that `seed` chooses: each stands at one place.
// count is 1 to 2^62. Source: a Feistel network whose results outside of the range are sent through it again (Black and Rogaway,
// "Ciphers with arbitrary finite domains", 2002).
int64_t ShuffledAt(int64_t place, int64_t count, uint64_t seed);

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_DATA_SHUFFLE_H_
