// For tests: conditioning that is like no other.
#ifndef UNCLIP_COMMON_CONDITIONING_VARIED_CONDITIONING_H_
#define UNCLIP_COMMON_CONDITIONING_VARIED_CONDITIONING_H_

#include <algorithm>
#include <cmath>

#include "common/conditioning/text_conditioning.h"

namespace unclip {

// Waves of `phase` for a model with the sizes that `info` says (embedding_dim, context_length, hidden_dim); the first
// `token_count` positions are tokens.
template <typename Info>
TextConditioning VariedConditioning(const Info& info, float phase, int token_count) {
  TextConditioning conditioning;
  for (int i = 0; i < info.embedding_dim; ++i) conditioning.text_embedding.push_back(std::sin(phase + 0.7F * i));
  for (int i = 0; i < info.context_length * info.hidden_dim; ++i) {
    conditioning.hidden_states.push_back(std::cos(phase + 0.3F * i));
  }
  conditioning.attention_mask.assign(info.context_length, 0);
  std::fill_n(conditioning.attention_mask.begin(), token_count, 1);
  return conditioning;
}

}  // namespace unclip

#endif  // UNCLIP_COMMON_CONDITIONING_VARIED_CONDITIONING_H_
