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

  // Runs each network once on nothing in particular: finds weights that are not finite, leaves everything warm, and tells about
  // what a step of each stage takes. Upsamplers see a picture of a quarter of the side, which is enough for that and takes a
  // sixteenth of the time. Call once, before the engine serves. INTERNAL, naming the network.
  absl::Status WarmUp();

  absl::StatusOr<std::unique_ptr<DecoderRun>> Start(const DecodeImageInput& input) override;
  std::vector<absl::Status> Step(absl::Span<DecoderRun* const> runs) override;
  absl::StatusOr<RgbImage> Finish(DecoderRun& run) override;

 private:
  absl::StatusOr<absl::Duration> WarmUpBase();
  absl::StatusOr<absl::Duration> WarmUpUpsampler(const UpsamplerModel& upsampler);

  std::unique_ptr<const DecoderModel> model_;
  DecoderModelInfo info_;
  model::RowLanes lanes_;
};

}  // namespace unclip::decoder

#endif  // UNCLIP_SERVICES_DECODER_TORCH_DECODER_ENGINE_H_
