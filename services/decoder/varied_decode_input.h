// For tests: requests to a decoder engine, no two alike.
#ifndef UNCLIP_SERVICES_DECODER_VARIED_DECODE_INPUT_H_
#define UNCLIP_SERVICES_DECODER_VARIED_DECODE_INPUT_H_

#include <cmath>
#include <cstdint>

#include "common/conditioning/varied_conditioning.h"
#include "services/decoder/decoder_engine.h"

namespace unclip::decoder {

// For an engine with one upsampler.
inline DecodeImageInput VariedDecodeInput(const DecoderModelInfo& info, int variant, int decoder_steps, int super_res_steps,
                                          double guidance_scale) {
  DecodeImageInput input;
  input.text = VariedConditioning(info, 1.0F * variant, 5 + variant);
  input.negative_text = VariedConditioning(info, 0.1F, 2);
  input.decoder_step_count = decoder_steps;
  input.super_res_step_counts = {super_res_steps};
  input.guidance_scale = guidance_scale;
  input.seed = uint64_t{100} + static_cast<uint64_t>(variant);
  for (int i = 0; i < info.embedding_dim; ++i) input.image_embedding.push_back(std::sin(0.9F * i + variant));
  return input;
}

}  // namespace unclip::decoder

#endif  // UNCLIP_SERVICES_DECODER_VARIED_DECODE_INPUT_H_
