// A recorded run of the reference pipeline.
#ifndef UNCLIP_TOOLS_REPLAY_TRACE_H_
#define UNCLIP_TOOLS_REPLAY_TRACE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "model/weights/safetensors_file.h"

namespace unclip::replay {

// What the pipeline was asked for: the `call` entry of the trace's metadata.
struct PipelineCall {
  bool is_variation = false;         // "image-variation" rather than "text-to-image"
  std::vector<std::string> prompts;  // {""} for a variation
  uint64_t seed = 0;
  int images_per_prompt = 1;
  int prior_steps = 0;  // 0 for a variation
  int decoder_steps = 0;
  int super_res_steps = 0;
  double prior_guidance_scale = 1;
  double decoder_guidance_scale = 1;

  int64_t batch_size() const { return static_cast<int64_t>(prompts.size()) * images_per_prompt; }
  // The reference guides everything or nothing.
  bool has_guidance() const { return prior_guidance_scale > 1 || decoder_guidance_scale > 1; }
};

// The tensors of a trace: "image", "input_image", and "MODULE.CALL.in.NAME" and "MODULE.CALL.out.NAME" of the modules that were
// recorded.
class Trace {
 public:
  // INVALID_ARGUMENT, naming the file, when it is no trace.
  static absl::StatusOr<Trace> Open(const std::string& path);

  const PipelineCall& call() const { return call_; }

  bool Has(const std::string& name) const { return file_->Find(name) != nullptr; }

  // A copy of tensor `name`, which Has(); float32, int64 or uint8.
  at::Tensor Get(const std::string& name) const;

  // How many calls of `module` were recorded.
  int CallCount(const std::string& module) const;

  // "decoder.003.in.sample"
  static std::string NameOf(const std::string& module, int call, const std::string& tensor);

 private:
  std::shared_ptr<const model::SafetensorsFile> file_;
  PipelineCall call_;
};

}  // namespace unclip::replay

#endif  // UNCLIP_TOOLS_REPLAY_TRACE_H_
