#include "train/statistics_batches.h"

#include <algorithm>
#include <utility>

#include "absl/status/statusor.h"

namespace unclip::train {

absl::Status ForEachStatisticsBatch(const Dataset& data, int64_t count, int size,
                                    const std::function<void(const TrainingBatch& batch)>& use) {
  constexpr int64_t kBatch = 256;
  const int64_t end = data.size() == 0 ? count : std::min(data.size(), count);
  bool has_any = false;
  for (int64_t begin = 0; begin < end; begin += kBatch) {
    ExampleBatch batch = {.step = 0, .side = size, .pixels = {}, .captions = {}};
    for (int64_t i = begin; i < std::min(end, begin + kBatch); ++i) {
      absl::StatusOr<Example> example = data.Read(i, /*variant=*/0, {.size = size, .side = size, .x = 0, .y = 0});
      if (!example.ok()) continue;  // the loader names bad files
      batch.pixels.insert(batch.pixels.end(), example->image.pixels.begin(), example->image.pixels.end());
      batch.captions.push_back(std::move(example->caption));
    }
    if (batch.captions.empty()) continue;
    has_any = true;
    use(ToTrainingBatch(std::move(batch)));
  }
  return has_any ? absl::OkStatus() : absl::DataLossError("no picture of the data can be read");
}

}  // namespace unclip::train
