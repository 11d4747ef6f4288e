// What is read of the data before training, for statistics over it.
#ifndef UNCLIP_TRAIN_STATISTICS_BATCHES_H_
#define UNCLIP_TRAIN_STATISTICS_BATCHES_H_

#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "train/data/dataset.h"
#include "train/training_stage.h"

namespace unclip::train {

// Calls `use` with the first `count` examples of `data`, or with all where there are fewer, batch by batch; pictures are `size`
// pixels a side. Leaves out what cannot be read; DATA_LOSS when that is everything.
absl::Status ForEachStatisticsBatch(const Dataset& data, int64_t count, int size,
                                    const std::function<void(const TrainingBatch& batch)>& use);

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_STATISTICS_BATCHES_H_
