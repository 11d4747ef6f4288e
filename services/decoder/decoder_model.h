// A loaded cascade: text projection, base decoder, upsamplers and their schedulers.
#ifndef UNCLIP_SERVICES_DECODER_DECODER_MODEL_H_
#define UNCLIP_SERVICES_DECODER_DECODER_MODEL_H_

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "model/diffusion/unclip_scheduler.h"
#include "model/weights/checkpoint.h"
#include "services/decoder/text_projection.h"
#include "services/decoder/unet.h"
#include "services/decoder/upsampler.h"

namespace unclip::decoder {

// One upsampling stage.
struct UpsamplerModel {
  Unet first;
  Unet last;
  model::UnclipScheduler scheduler;

  UpsamplerNetworks networks() const { return {first, last}; }
};

// Immutable once loaded; thread-safe.
struct DecoderModel {
  TextProjection text_projection;
  Unet unet;
  model::UnclipScheduler scheduler;
  std::vector<std::unique_ptr<const UpsamplerModel>> upsamplers;  // at least one, in order
  int64_t parameter_count = 0;
};

// Folder names of upsampler `index`'s parts: 0 is the reference's super_res_{first,last,scheduler}, 1 is super_res_2_{...} and so
// on.
struct UpsamplerComponents {
  std::string first;
  std::string last;
  std::string scheduler;
};
UpsamplerComponents UpsamplerComponentsAt(int index);

// How many upsamplers `checkpoint` has, found through its model_index.json.
int UpsamplerCount(const model::Checkpoint& checkpoint);

// Loads text_proj/, decoder/, decoder_scheduler/ and every upsampler of `checkpoint`, in the type and on the device of `options`,
// and checks that they fit together. Errors are one line that names file and option or tensor.
absl::StatusOr<std::unique_ptr<const DecoderModel>> LoadDecoderModel(const model::Checkpoint& checkpoint,
                                                                     const at::TensorOptions& options);

}  // namespace unclip::decoder

#endif  // UNCLIP_SERVICES_DECODER_DECODER_MODEL_H_
