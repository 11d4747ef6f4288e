// How the positions of a sample are shared out.
#ifndef UNCLIP_MODEL_NN_ROW_PARTS_H_
#define UNCLIP_MODEL_NN_ROW_PARTS_H_

#include <algorithm>
#include <cstdint>

namespace unclip::model {

// Values below which another thread costs more than it saves.
inline constexpr int64_t kValuesPerThread = 16384;

// A cut of `positions` rows of `channels` values into parts of `size` rows, the last of which may have fewer. It depends on the
// sample's size alone, so that sums over its parts do.
struct RowParts {
  RowParts(int64_t positions, int64_t channels)
      : size(std::max((positions + kMaxCount - 1) / kMaxCount, (kValuesPerThread + channels - 1) / channels)),
        count((positions + size - 1) / size) {}

  static constexpr int64_t kMaxCount = 64;
  int64_t size;
  int64_t count;
};

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_NN_ROW_PARTS_H_
