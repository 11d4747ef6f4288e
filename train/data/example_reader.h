// Which examples make up a batch, and how each gets into it. Part of example_loader.
#ifndef UNCLIP_TRAIN_DATA_EXAMPLE_READER_H_
#define UNCLIP_TRAIN_DATA_EXAMPLE_READER_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "train/data/dataset.h"
#include "train/data/example_loader.h"

namespace unclip::train {

// How the reading of one example of a batch went.
struct SlotResult {
  absl::Status status;
  std::vector<std::string> skipped;  // the bad ones before it, each with its error
};

// Everything here is a function of the dataset, the options, step and slot. Thread-safe.
class ExampleReader {
 public:
  // `options` are sound; `dataset` outlives it.
  ExampleReader(const Dataset& dataset, const ExampleLoaderOptions& options) : dataset_(dataset), options_(options) {}

  // The batch of `step`, nothing in it yet.
  ExampleBatch EmptyBatch(int64_t step) const;

  // Reads the example `slot` of the batch of `batch.step` into it, which others may do with other slots. DATA_LOSS as
  // ExampleLoader::Next() says; CANCELLED when `stopping` and the first tries failed.
  SlotResult ReadSlot(int slot, const std::atomic<bool>& stopping, ExampleBatch& batch) const;

 private:
  int64_t IndexAt(int64_t position) const;
  absl::Status TryRead(int64_t index, int64_t position, int slot, ExampleBatch& batch) const;
  std::string Complaint(int64_t index, const absl::Status& error) const;

  const Dataset& dataset_;
  const ExampleLoaderOptions options_;
};

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_DATA_EXAMPLE_READER_H_
