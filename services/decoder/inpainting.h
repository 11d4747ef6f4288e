// The kept part of a picture, as the stages of the cascade see it.
#ifndef UNCLIP_SERVICES_DECODER_INPAINTING_H_
#define UNCLIP_SERVICES_DECODER_INPAINTING_H_

#include <c10/core/Device.h>

#include "common/image/rgb_image.h"
#include "model/diffusion/repainter.h"
#include "services/decoder/decoder_engine.h"

namespace unclip::decoder {

// What is known of a stage's picture of `size` pixels a side, at most the finished picture's: the means of the areas that its
// pixels cover, in -1..1, and known where all pixels of the area are kept. Goes straight through; the resampling is the caller's.
model::Repainting RepaintingAt(const InpaintingInput& inpainting, int size, at::Device device);

// Puts the kept pixels into the finished picture, byte by byte: on their way through the networks they were rounded.
void RestoreKept(const InpaintingInput& inpainting, RgbImage* image);

}  // namespace unclip::decoder

#endif  // UNCLIP_SERVICES_DECODER_INPAINTING_H_
