// A checkpoint folder in the reference (diffusers) layout: model_index.json, and a folder for each component.
#ifndef UNCLIP_MODEL_WEIGHTS_CHECKPOINT_H_
#define UNCLIP_MODEL_WEIGHTS_CHECKPOINT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace unclip::model {

// prior_autoregressive/ (class UnclipAutoregressivePrior), where it has weights, is a component as well: it is our own, and
// model_index.json cannot list it, as the reference's loader would look for its class in vain.
//
// Immutable and thread-safe; a plain value. Reads no weights.
class Checkpoint {
 public:
  struct Component {
    std::string name;        // its folder, such as "prior"
    std::string library;     // such as "diffusers"
    std::string class_name;  // such as "PriorTransformer"
  };

  // Reads `dir`/model_index.json. NOT_FOUND when there is none; INVALID_ARGUMENT when it is not sound.
  static absl::StatusOr<Checkpoint> Open(const std::string& dir);

  // For people: the folder's name, or that of the folder above for the halves "text-to-image" and "image-variation".
  const std::string& name() const { return name_; }
  // Absolute, links resolved.
  const std::string& dir() const { return dir_; }
  // The "_class_name" of model_index.json, such as "UnCLIPPipeline"; may be empty.
  const std::string& pipeline_class() const { return pipeline_class_; }

  // In name order, without those that model_index.json gives as [null, null].
  absl::Span<const Component> components() const { return components_; }
  // Null when there is none.
  const Component* Find(absl::string_view name) const;
  bool HasComponent(absl::string_view name) const { return Find(name) != nullptr; }

  // The folder of a component, absolute, links resolved: symbolic ones, and the small text files holding a relative path that
  // stand for them where a copy of the checkpoint could not keep links. NOT_FOUND, with the path in question, when
  // there is no such component, or a folder or a link's target is missing, or links run in a circle.
  absl::StatusOr<std::string> ComponentDir(absl::string_view name) const;

  // Lower-case hexadecimal SHA-256 over the config files (*.json, *.txt) and the headers of the weight files (*.safetensors) of
  // `components`, in that order. Equal for equal checkpoints wherever they lie; does not read the weights, so two trainings of
  // one shape can share it. The errors of ComponentDir and of SafetensorsFile::Open.
  absl::StatusOr<std::string> Fingerprint(absl::Span<const std::string> components) const;

 private:
  Checkpoint() = default;

  std::string dir_;
  std::string name_;
  std::string pipeline_class_;
  std::vector<Component> components_;
};

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_WEIGHTS_CHECKPOINT_H_
