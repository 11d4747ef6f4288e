// What the CLIP text tower says of one prompt, as it passes between the services.
#ifndef UNCLIP_COMMON_CONDITIONING_TEXT_CONDITIONING_H_
#define UNCLIP_COMMON_CONDITIONING_TEXT_CONDITIONING_H_

#include <cstdint>
#include <vector>

namespace unclip {

// T token positions, D embedding width, W text tower width. Twin of unclip.common.v1.TextConditioning.
struct TextConditioning {
  std::vector<float> text_embedding;    // D, the unnormalized projection
  std::vector<float> hidden_states;     // T × W, row by row, after the final layer norm
  std::vector<uint8_t> attention_mask;  // T, 1 where a token of the prompt stands, 0 where padding does
};

}  // namespace unclip

#endif  // UNCLIP_COMMON_CONDITIONING_TEXT_CONDITIONING_H_
