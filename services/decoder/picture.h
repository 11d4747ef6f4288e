// A network's picture as 8-bit samples.
#ifndef UNCLIP_SERVICES_DECODER_PICTURE_H_
#define UNCLIP_SERVICES_DECODER_PICTURE_H_

#include <ATen/core/Tensor.h>

#include "common/image/rgb_image.h"

namespace unclip::decoder {

// Picture `index` of [N, 3, H, W] in -1..1 (clamped), rounded to the nearest of 256 levels as the reference does.
RgbImage ToRgbImage(const at::Tensor& pictures, int64_t index);

}  // namespace unclip::decoder

#endif  // UNCLIP_SERVICES_DECODER_PICTURE_H_
