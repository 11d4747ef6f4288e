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
#include "services/decoder/decoder_engine.h"
#include "services/decoder/decoder_model.h"

namespace unclip::decoder {

class TorchDecoderEngine final : public DecoderEngine {
 public:
  TorchDecoderEngine(std::unique_ptr<const DecoderModel> model, DecoderModelInfo info);

  const DecoderModelInfo& info() const override { return info_; }

  // Runs each network on nothing in particular, and tells what a step of each stage takes (decoder_warm_up.h). Call once, before
  // the engine serves. INTERNAL, naming the network.
  absl::Status WarmUp();

  absl::StatusOr<std::unique_ptr<DecoderRun>> Start(const DecodeImageInput& input) override;
  std::vector<absl::Status> Step(absl::Span<DecoderRun* const> runs) override;
  absl::StatusOr<RgbImage> Finish(DecoderRun& run) override;

 private:
  std::unique_ptr<const DecoderModel> model_;
  DecoderModelInfo info_;
  model::RowLanes lanes_;
};

}  // namespace unclip::decoder

#endif  // UNCLIP_SERVICES_DECODER_TORCH_DECODER_ENGINE_H_
