#include "services/prior/autoregressive_sampler.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/isfinite.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "model/diffusion/guidance.h"
#include "model/diffusion/noise_source.h"
#include "model/diffusion/philox_noise.h"

namespace unclip::prior {
namespace {

constexpr double kTwoToMinus32 = 1.0 / 4294967296.0;

int GuidedEnd(const AutoregressiveSampling& sampling, int step_count) {
  int end = sampling.has_guidance ? step_count : 0;
  while (end > 0 && !sampling.guidance_interval.Covers(end - 1, step_count)) --end;
  return end;
}

}  // namespace

int64_t DrawIndex(const float* logits, int64_t count, double uniform) {
  const double largest = *std::max_element(logits, logits + count);
  double sum = 0;
  for (int64_t i = 0; i < count; ++i) sum += std::exp(logits[i] - largest);
  double left = uniform * sum;
  for (int64_t i = 0; i < count; ++i) {
    left -= std::exp(logits[i] - largest);
    if (left < 0) return i;
  }
  // Rounding alone leads here.
  return std::max_element(logits, logits + count) - logits;
}

AutoregressiveRun::AutoregressiveRun(const AutoregressiveTransformer& network, const AutoregressiveSampling& sampling)
    : network_(network),
      guidance_scale_(sampling.guidance_scale),
      guidance_interval_(sampling.guidance_interval),
      seed_(sampling.seed),
      sample_count_(sampling.text_embedding.size(0) / (sampling.has_guidance ? 2 : 1) * sampling.samples_per_prompt),
      guided_end_(GuidedEnd(sampling, network.config().num_components)),
      prefix_(network.ReadText(sampling.text_embedding, sampling.hidden_states, sampling.attention_mask,
                               sampling.samples_per_prompt)),
      conditional_(AutoregressiveTransformer::LastRows(prefix_, sample_count_)),
      tokens_(at::empty({sample_count_}, at::kLong)),
      codes_(at::empty({sample_count_, network.config().num_components}, at::kLong)) {
  const int64_t half = network.config().num_dot_product_buckets / 2;
  for (int64_t n = 0; n < sample_count_; ++n) {
    // Buckets lie between quantiles, so those of the top half are equally likely.
    tokens_.mutable_data_ptr<int64_t>()[n] =
        half + static_cast<int64_t>(Uniform(n, model::NoiseKey::kStart) * static_cast<double>(half));
  }
}

double AutoregressiveRun::Uniform(int64_t sample, int step) const {
  // The same places as PhiloxNoise has: its first word.
  const std::array<uint32_t, 4> words =
      model::Philox4x32({0, 0, model::NoiseKey::kPrior << 16 | static_cast<uint32_t>(step + 1), static_cast<uint32_t>(sample)},
                        {static_cast<uint32_t>(seed_), static_cast<uint32_t>(seed_ >> 32)});
  return (words[0] + 0.5) * kTwoToMinus32;
}

AutoregressiveTransformer::RowsOfRun AutoregressiveRun::NextRows() {
  if (!IsGuidanceToCome()) return {.prefix = &conditional_, .step = step_, .tokens = tokens_};
  const at::Tensor unconditional = step_ == 0 ? at::full_like(tokens_, network_.unknown_dot_product()) : tokens_;
  return {.prefix = &prefix_, .step = step_, .tokens = at::cat({unconditional, tokens_})};  // [2N]
}

absl::Status AutoregressiveRun::Arrive(const at::Tensor& logits) {
  if (!at::isfinite(logits).all().item<bool>()) {
    return absl::InternalError(absl::StrCat("the model gave values that are not finite for code ", step_ + 1));
  }
  const int step_count = network_.config().num_components;
  at::Tensor own = logits;
  if (IsGuidanceToCome()) {
    own = guidance_interval_.Covers(step_, step_count) ? model::Guide(logits, guidance_scale_)
                                                       : logits.narrow(0, sample_count_, sample_count_);  // [N, B]
  }
  own = own.contiguous();
  at::Tensor next = at::empty({sample_count_}, at::kLong);
  for (int64_t n = 0; n < sample_count_; ++n) {
    next.mutable_data_ptr<int64_t>()[n] =
        DrawIndex(own.const_data_ptr<float>() + n * own.size(1), own.size(1), Uniform(n, step_));
  }
  codes_.select(1, step_).copy_(next);
  tokens_ = next;
  ++step_;
  return absl::OkStatus();
}

at::Tensor AutoregressiveRun::Embeddings() const {
  // One by one, as a product of few rows rounds with their number.
  std::vector<at::Tensor> embeddings;
  embeddings.reserve(sample_count_);
  for (int64_t n = 0; n < sample_count_; ++n) {
    embeddings.push_back(network_.codes().Dequantize(codes_.narrow(0, n, 1).to(network_.device())));  // [1, D]
  }
  return at::cat(embeddings);  // [N, D]
}

std::vector<absl::Status> StepAutoregressive(absl::Span<AutoregressiveRun* const> runs) {
  std::vector<AutoregressiveTransformer::RowsOfRun> rows;
  rows.reserve(runs.size());
  for (AutoregressiveRun* run : runs) rows.push_back(run->NextRows());
  const at::Tensor logits = runs.front()->network_.Predict(rows).cpu();  // [all rows, B]
  std::vector<absl::Status> results;
  results.reserve(runs.size());
  int64_t first = 0;
  for (AutoregressiveRun* run : runs) {
    const int64_t count = run->row_count();  // before it changes
    results.push_back(run->Arrive(logits.narrow(0, first, count)));
    first += count;
  }
  return results;
}

}  // namespace unclip::prior
