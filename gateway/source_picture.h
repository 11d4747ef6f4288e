// The pictures that users send: read, checked, and made to what the decoder takes.
#ifndef UNCLIP_GATEWAY_SOURCE_PICTURE_H_
#define UNCLIP_GATEWAY_SOURCE_PICTURE_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/image/rgb_image.h"
#include "gateway/capabilities.h"
#include "gateway/source_request.h"

namespace unclip::gateway {

// A picture of which a part is kept, at the model's own size.
struct KeptPicture {
  RgbImage image;
  std::vector<uint8_t> mask;  // height × width: 0 to draw the pixel, 255 to keep it
};

// OK when the picture to be varied can be read. INVALID_ARGUMENT naming the field.
absl::Status CheckVariation(const VariationRequest& variation);

// Reads the picture to be edited, and makes it to `native_size`, a square: by the Lanczos filter, or by means next to the mask,
// so that what is under that does not shine through. A pixel is kept when all that it covers is; in the source, when it is not
// fully transparent. INVALID_ARGUMENT, naming the field, when a file cannot be read, the picture is not square, the mask is not
// as large, there is no alpha channel, or nothing is to be drawn.
absl::StatusOr<KeptPicture> ReadEdit(const EditRequest& edit, const PictureSize& native_size);

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_SOURCE_PICTURE_H_
