// Runs a network's steps on memory that stays the same, so that a GPU can replay them.
#ifndef UNCLIP_MODEL_STEP_GRAPHS_H_
#define UNCLIP_MODEL_STEP_GRAPHS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "model/recorded_work.h"

namespace unclip::model {

// One recording for each function, shape of its rows, and bucket: the power of two that the batch's rows are filled up to. It is
// made when it is first needed, which on a GPU takes some forward passes. Not thread-safe.
class StepGraphs {
 public:
  // A batch's tensor in the parts that its requests have, [R_i, ...] each, one below the other.
  using Parts = std::vector<at::Tensor>;

  // Tensors [bucket, ...] -> tensors [bucket, ...]. Row i of what it gives depends on row i of the inputs only. It may write to
  // the inputs what it would write again when called again.
  using Function = std::function<std::vector<at::Tensor>(absl::Span<const at::Tensor> inputs)>;

  // What `function` gives for a batch: for each of its results, the batch's rows, in memory of their own. `name` tells functions
  // apart, and what a function refers to must outlive this. Inputs all have the same number of rows and are on one device.
  //
  // A tensor that was given at the same place in the call before is not read again, so the caller must not have changed it; it is
  // held until the next call.
  std::vector<at::Tensor> Run(const std::string& name, absl::Span<const Parts> inputs, const Function& function);

  // How many recordings there are.
  size_t size() const { return entries_.size(); }

  static int64_t BucketOf(int64_t rows);  // ≥ rows, a power of two

 private:
  struct Entry {
    std::vector<at::Tensor> inputs;  // [bucket, ...]
    std::vector<Parts> given;        // what `inputs` were copied from, one for each
    std::vector<at::Tensor> outputs;
    std::unique_ptr<RecordedWork> work;
  };

  static Entry NewEntry(absl::Span<const Parts> inputs, int64_t bucket);
  // Brings `inputs` into the entry's memory, where they are not there already.
  static void Fill(absl::Span<const Parts> inputs, Entry& entry);
  static void Record(const Function& function, Entry& entry);

  absl::flat_hash_map<std::string, Entry> entries_;
};

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_STEP_GRAPHS_H_
