// Draws CLIP image embeddings with the autoregressive prior, several requests' codes at a time.
#ifndef UNCLIP_SERVICES_PRIOR_AUTOREGRESSIVE_SAMPLER_H_
#define UNCLIP_SERVICES_PRIOR_AUTOREGRESSIVE_SAMPLER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "model/diffusion/sampler_options.h"
#include "services/prior/autoregressive_transformer.h"

namespace unclip::prior {

// Source: unCLIP (2204.06125) §2.2. N samples of P prompts, T text tokens, D embedding width.
struct AutoregressiveSampling {
  // Text conditioning: P rows, or with guidance 2P, the unconditional ones first.
  at::Tensor text_embedding;       // [P or 2P, D]
  at::Tensor hidden_states;        // [P or 2P, T, D]
  at::Tensor attention_mask;       // [P or 2P, T]
  int64_t samples_per_prompt = 1;  // N = P × this; a prompt's samples are neighbours
  bool has_guidance = false;
  double guidance_scale = 1;  // of the logarithms of probabilities
  model::GuidanceInterval guidance_interval = {};
  uint64_t seed = 0;
};

// The index that `uniform`, in (0, 1), falls on when `count` indices follow one another as wide as the softmax of `logits`. In
// double and in the order of the indices, so that it is the same everywhere.
int64_t DrawIndex(const float* logits, int64_t count, double uniform);

// One request's samples on their way, a code of each at a step. Each sample's dot product is drawn from the top half of those
// seen in training, its codes at temperature 1; all draws are functions of (seed, sample index, step) and of nothing else. The
// unconditional rows do not know the dot product, so that guidance strengthens it as well. Not thread-safe.
class AutoregressiveRun {
 public:
  // Reads the text. `network` must outlive the run.
  AutoregressiveRun(const AutoregressiveTransformer& network, const AutoregressiveSampling& sampling);

  int step() const { return step_; }
  bool done() const { return step_ == network_.config().num_components; }

  // Rows of its next step: N, or 2N as long as one to come is guided.
  int64_t row_count() const { return IsGuidanceToCome() ? 2 * sample_count_ : sample_count_; }

  // The finished embeddings [N, D], float32; once done().
  at::Tensor Embeddings() const;

 private:
  friend std::vector<absl::Status> StepAutoregressive(absl::Span<AutoregressiveRun* const> runs);

  bool IsGuidanceToCome() const { return step_ < guided_end_; }
  // What the next step of its rows reads.
  AutoregressiveTransformer::RowsOfRun NextRows();
  // Draws the next codes of the logits [row_count(), B].
  absl::Status Arrive(const at::Tensor& logits);
  double Uniform(int64_t sample, int step) const;

  const AutoregressiveTransformer& network_;
  const double guidance_scale_;
  const model::GuidanceInterval guidance_interval_;
  const uint64_t seed_;
  const int64_t sample_count_;
  int guided_end_ = 0;  // no step from this one on is guided
  int step_ = 0;
  AutoregressiveTransformer::Prefix prefix_;       // of N or 2N rows
  AutoregressiveTransformer::Prefix conditional_;  // the last N of these: the same memory
  at::Tensor tokens_;                              // [N] int64 on the CPU, of the next step
  at::Tensor codes_;                               // [N, K] int64 on the CPU
};

// One step of each of `runs`, which are of one network and not done; for each, OK or INTERNAL when its values are not finite.
std::vector<absl::Status> StepAutoregressive(absl::Span<AutoregressiveRun* const> runs);

}  // namespace unclip::prior

#endif  // UNCLIP_SERVICES_PRIOR_AUTOREGRESSIVE_SAMPLER_H_
