#include "services/prior/prior_tensors.h"

#include <ATen/ops/cat.h>

#include "model/nn/tensor_view.h"

namespace unclip::prior {

TextRows::TextRows(const SamplePriorInput& input, const PriorModelInfo& info) {
  std::vector<const TextConditioning*> texts = {&input.text};
  if (input.guidance_scale > 1) texts.insert(texts.begin(), &input.negative_text);
  std::vector<at::Tensor> embeddings, states, masks;
  for (const TextConditioning* text : texts) {
    embeddings.push_back(model::ViewFloats(text->text_embedding, {1, info.embedding_dim}));
    states.push_back(model::ViewFloats(text->hidden_states, {1, info.context_length, info.hidden_dim}));
    masks.push_back(model::ViewMask(text->attention_mask));
  }
  embedding = at::cat(embeddings);  // [1 or 2, D]
  hidden_states = at::cat(states);  // [1 or 2, T, D]
  attention_mask = at::cat(masks);  // [1 or 2, T]
}

std::vector<std::vector<float>> ToVectors(const at::Tensor& embeddings) {
  std::vector<std::vector<float>> vectors;
  vectors.reserve(embeddings.size(0));
  for (int64_t i = 0; i < embeddings.size(0); ++i) vectors.push_back(model::ToFloats(embeddings.select(0, i)));  // D each
  return vectors;
}

int StepThreads(int64_t width, int thread_count) {
  constexpr int64_t kSmallWidth = 256;
  return width <= kSmallWidth ? 1 : thread_count;
}

}  // namespace unclip::prior
