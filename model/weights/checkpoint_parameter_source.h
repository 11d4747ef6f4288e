// Hands a network its parameters from a checkpoint's files.
#ifndef UNCLIP_MODEL_WEIGHTS_CHECKPOINT_PARAMETER_SOURCE_H_
#define UNCLIP_MODEL_WEIGHTS_CHECKPOINT_PARAMETER_SOURCE_H_

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "model/huge_pages.h"
#include "model/nn/parameter_source.h"
#include "model/weights/weight_store.h"

namespace unclip::model {

// A parameter whose type in the file is the serving type is not copied: the tensor is a read-only view of the mapped file, keeps
// it open, and gives its pages back when it dies. Others are converted one by one, and the source's pages given back at once, so
// that at no time are two copies of the weights resident; what is borrowed is converted into the same memory each time. Only F32,
// F16 and BF16 count as weights, and only finite values. Never write into a tensor from here.
//
//   ASSIGN_OR_RETURN(std::shared_ptr<const WeightStore> store, WeightStore::Open(dir));
//   CheckpointParameterSource source(store, at::kBFloat16);
//   PriorTransformer network(config, source);
//   RETURN_IF_ERROR(source.Finish());
//
// Get() may throw c10::Error for lack of memory, so networks are built under TorchGuard. Not thread-safe.
class CheckpointParameterSource : public ParameterSource {
 public:
  // `dtype` is at::kFloat, at::kHalf or at::kBFloat16.
  CheckpointParameterSource(std::shared_ptr<const WeightStore> store, at::ScalarType dtype);

  // See ParameterSource. Errors, all INVALID_ARGUMENT, name the file and the tensor: no such tensor, another shape, no float
  // type, values that are not finite in the file or in the serving type.
  at::Tensor Get(const std::string& name, const std::vector<int64_t>& shape) override;
  at::Tensor Borrow(const std::vector<Parameter>& parts) override;
  bool Has(const std::string& name) const override { return store_->Has(name); }
  absl::Status status() const override { return status_; }

  // The first error; or INVALID_ARGUMENT that names tensors of the files that nobody asked for, except those of
  // IsHarmlessBuffer().
  absl::Status Finish() const;

 private:
  // Finds it, of that shape and of a float type; none after an error.
  WeightStore::Weight Take(const Parameter& parameter);
  // A view of it, checked, where that is possible, else undefined.
  at::Tensor View(const WeightStore::Weight& weight);
  // Writes it in the serving type, checked; a kernel [out, in, k, k] as [out, k, k, in].
  void Convert(const WeightStore::Weight& weight, bool is_kernel, void* to);
  void FailNotFinite(const WeightStore::Weight& weight);
  void Fail(const std::string& path, const std::string& name, const std::string& problem);

  const std::shared_ptr<const WeightStore> store_;
  const at::ScalarType dtype_;
  HugePages borrowed_;
  absl::flat_hash_set<std::string> asked_;
  absl::Status status_;
};

// Whether `name` is a buffer without information that old checkpoints of the CLIP towers hold beside their parameters.
bool IsHarmlessBuffer(absl::string_view name);

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_WEIGHTS_CHECKPOINT_PARAMETER_SOURCE_H_
