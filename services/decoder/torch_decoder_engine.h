// The decoder cascade on LibTorch.
#ifndef UNCLIP_SERVICES_DECODER_TORCH_DECODER_ENGINE_H_
#define UNCLIP_SERVICES_DECODER_TORCH_DECODER_ENGINE_H_

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "model/row_lanes.h"
#include "model/step_graphs.h"
#include "services/decoder/decoder_engine.h"
#include "services/decoder/decoder_model.h"

namespace unclip::decoder {

class TorchDecoderEngine final : public DecoderEngine {
 public:
  TorchDecoderEngine(std::unique_ptr<const DecoderModel> model, DecoderModelInfo info);

  const DecoderModelInfo& info() const override { return info_; }

  // Runs each network on nothing in particular, and tells what a step of each stage takes (decoder_warm_up.h); on a GPU at full
  // size, since what is recorded is of one size. Call once, before the engine serves. INTERNAL, naming the network.
  absl::Status WarmUp();

  absl::StatusOr<std::unique_ptr<DecoderRun>> Start(const DecodeImageInput& input) override;
  std::vector<absl::Status> Step(absl::Span<DecoderRun* const> runs) override;
  absl::StatusOr<RgbImage> Finish(DecoderRun& run) override;

 private:
  // How steps are computed: on the CPU, rows of a batch side by side; on a GPU, recorded.
  model::RowLanes* lanes() { return model_->unet.device().is_cpu() ? &lanes_ : nullptr; }
  model::StepGraphs* graphs() { return model_->unet.device().is_cpu() ? nullptr : &graphs_; }

  // On a GPU, two requests of the fewest steps at their full size: the first records, the second is timed.
  absl::Status WarmUpRecorded();

  std::unique_ptr<const DecoderModel> model_;
  DecoderModelInfo info_;
  model::RowLanes lanes_;
  model::StepGraphs graphs_;
};

}  // namespace unclip::decoder

#endif  // UNCLIP_SERVICES_DECODER_TORCH_DECODER_ENGINE_H_
