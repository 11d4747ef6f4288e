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

// A picture without much in it, of which about a half is kept: a half-plane whose border goes through pixels of every stage.
inline InpaintingInput VariedInpainting(const DecoderModelInfo& info, int variant) {
  const int size = info.finished_size();
  InpaintingInput input = {.image = {.width = size, .height = size, .pixels = {}}, .kept = {}};
  for (int y = 0; y < size; ++y) {
    for (int x = 0; x < size; ++x) {
      for (const int channel : {0, 1, 2}) input.image.pixels.push_back(static_cast<uint8_t>(40 * variant + 60 * channel + x + y));
      input.kept.push_back(2 * x + y % 3 + variant < size ? 1 : 0);
    }
  }
  return input;
}

}  // namespace unclip::decoder

#endif  // UNCLIP_SERVICES_DECODER_VARIED_DECODE_INPUT_H_
