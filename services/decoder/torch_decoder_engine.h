// The decoder cascade on LibTorch.
#ifndef UNCLIP_SERVICES_DECODER_TORCH_DECODER_ENGINE_H_
#define UNCLIP_SERVICES_DECODER_TORCH_DECODER_ENGINE_H_

#include <memory>
#include <utility>
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
  // Whether rows are spread over threads, or every operator is; the bits are the same.
  void set_uses_lanes(bool uses_lanes) { uses_lanes_ = uses_lanes; }
  void set_step_durations(std::vector<absl::Duration> durations) { info_.step_durations = std::move(durations); }

  absl::StatusOr<std::unique_ptr<DecoderRun>> Start(const DecodeImageInput& input) override;
  std::vector<absl::Status> Step(absl::Span<DecoderRun* const> runs) override;
  absl::StatusOr<RgbImage> Finish(DecoderRun& run) override;

 private:
  std::unique_ptr<const DecoderModel> model_;
  DecoderModelInfo info_;
  model::RowLanes lanes_;
  bool uses_lanes_ = true;
};

}  // namespace unclip::decoder

#endif  // UNCLIP_SERVICES_DECODER_TORCH_DECODER_ENGINE_H_
