// A decoder engine for tests: small, fast and steered by the test.
#ifndef UNCLIP_SERVICES_DECODER_FAKE_DECODER_ENGINE_H_
#define UNCLIP_SERVICES_DECODER_FAKE_DECODER_ENGINE_H_

#include <functional>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "services/decoder/decoder_engine.h"

namespace unclip::decoder {

// D = 4, T = 3, W = 2; one request a batch; a base picture of 2 × 2 and two upsamplers to 4 × 4 and 8 × 8. Every sample of a
// request's picture is its seed modulo 256; every sample of a preview is 10 × stage + step.
class FakeDecoderEngine final : public DecoderEngine {
 public:
  // Called on the worker thread for each run of a step, with the stage (0 the base decoder) and the number of its step (from 1);
  // may block, so as to hold the engine busy. An error of it is the engine's own. Null: nothing.
  using BeforeStep = std::function<absl::Status(int stage, int step)>;

  explicit FakeDecoderEngine(BeforeStep before_step = nullptr);

  const DecoderModelInfo& info() const override { return info_; }
  absl::StatusOr<std::unique_ptr<DecoderRun>> Start(const DecodeImageInput& input) override;
  std::vector<absl::Status> Step(absl::Span<DecoderRun* const> runs) override;
  absl::StatusOr<RgbImage> Finish(DecoderRun& run) override;

  // What Start() was called with, in order. Thread-safe.
  std::vector<DecodeImageInput> inputs() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  const DecoderModelInfo info_;
  const BeforeStep before_step_;
  mutable absl::Mutex mutex_;
  std::vector<DecodeImageInput> inputs_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace unclip::decoder

#endif  // UNCLIP_SERVICES_DECODER_FAKE_DECODER_ENGINE_H_
