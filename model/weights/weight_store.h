// The weights of one component of a checkpoint, in one file or in several.
#ifndef UNCLIP_MODEL_WEIGHTS_WEIGHT_STORE_H_
#define UNCLIP_MODEL_WEIGHTS_WEIGHT_STORE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "model/weights/safetensors_file.h"
#include "model/weights/tensor_entry.h"

namespace unclip::model {

// Looks, in this order, for STEM.safetensors, a shard index STEM.safetensors.index.json, and the same two with the variant
// "fp16", with STEM first diffusion_pytorch_model and then model; links are followed. An index (JSON with "weight_map": {NAME:
// FILE}) may only name files of the same folder, and must list exactly the tensors that they hold. Immutable and thread-safe.
class WeightStore {
 public:
  // A tensor and the file that keeps it mapped.
  struct Weight {
    const TensorEntry* entry = nullptr;  // null: there is no such tensor
    std::shared_ptr<const SafetensorsFile> file;

    explicit operator bool() const { return entry != nullptr; }
  };

  // Opens the weights in the folder `component_dir`. NOT_FOUND when there are none, a link or a shard is missing or links run in
  // a circle; INVALID_ARGUMENT when there are only pickles, or a file or the index is not sound; DATA_LOSS for a file cut short.
  static absl::StatusOr<std::shared_ptr<const WeightStore>> Open(const std::string& component_dir);

  Weight Find(absl::string_view name) const;
  bool Has(absl::string_view name) const { return index_.contains(name); }

  // Every tensor's name, sorted.
  std::vector<std::string> names() const;
  // The files, in name order; at least one.
  absl::Span<const std::shared_ptr<const SafetensorsFile>> files() const { return files_; }
  // The file, or the index of several: what an error about a missing tensor names.
  const std::string& path() const { return path_; }

  uint64_t parameter_count() const;  // elements of all tensors
  uint64_t byte_count() const;       // their bytes in the files

 private:
  WeightStore() = default;

  absl::Status AddFile(const std::string& path);
  absl::Status AddShards(const std::string& dir, const std::string& index_path);

  std::string path_;
  std::vector<std::shared_ptr<const SafetensorsFile>> files_;
  absl::flat_hash_map<std::string, size_t> index_;  // tensor name -> place in files_
};

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_WEIGHTS_WEIGHT_STORE_H_
