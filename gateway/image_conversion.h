// From the decoder's raw pictures to the files that users get.
#ifndef UNCLIP_GATEWAY_IMAGE_CONVERSION_H_
#define UNCLIP_GATEWAY_IMAGE_CONVERSION_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/image/image_codec.h"
#include "common/image/rgb_image.h"
#include "gateway/capabilities.h"
#include "unclip/common/v1/image.pb.h"

namespace unclip::gateway {

// The samples of an IMAGE_FORMAT_RGB8 picture that `stage` ("decoder") sent. INTERNAL when it is of another format, or its bytes
// are not width × height × 3.
absl::StatusOr<RgbImage> RawImageFromProto(absl::string_view stage, const common::v1::EncodedImage& proto);

// `image` in `encoding`, resampled to `size` (Lanczos) when it has another.
absl::StatusOr<common::v1::EncodedImage> FinishImage(const RgbImage& image, const PictureSize& size, ImageEncoding encoding,
                                                     int quality);

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_IMAGE_CONVERSION_H_
