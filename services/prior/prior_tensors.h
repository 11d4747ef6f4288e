// What the prior's engines take and give, as tensors.
#ifndef UNCLIP_SERVICES_PRIOR_PRIOR_TENSORS_H_
#define UNCLIP_SERVICES_PRIOR_PRIOR_TENSORS_H_

#include <ATen/core/Tensor.h>

#include <vector>

#include "services/prior/prior_engine.h"

namespace unclip::prior {

// A request's text, and with guidance its negative text before it: one row or two. T text tokens, D embedding width.
struct TextRows {
  // Copies of what `input` holds.
  TextRows(const SamplePriorInput& input, const PriorModelInfo& info);

  at::Tensor embedding;       // [1 or 2, D]
  at::Tensor hidden_states;   // [1 or 2, T, D]
  at::Tensor attention_mask;  // [1 or 2, T]
};

// Embeddings [N, D] as N vectors of D values.
std::vector<std::vector<float>> ToVectors(const at::Tensor& embeddings);

// Threads that a step of a network of inner width `width` is computed on. Where a layer's weights fit into a core's cache, each
// operator is done before another thread has woken up. A rule and no measurement, as the bits of attention depend on the number.
int StepThreads(int64_t width, int thread_count);

}  // namespace unclip::prior

#endif  // UNCLIP_SERVICES_PRIOR_PRIOR_TENSORS_H_
