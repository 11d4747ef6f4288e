// Conversion between the decoder's messages and what the engine takes and tells.
#ifndef UNCLIP_SERVICES_DECODER_DECODER_CONVERSION_H_
#define UNCLIP_SERVICES_DECODER_DECODER_CONVERSION_H_

#include "absl/status/statusor.h"
#include "common/image/image_codec.h"
#include "common/image/rgb_image.h"
#include "services/decoder/decoder_engine.h"
#include "unclip/common/v1/image.pb.h"
#include "unclip/decoder/v1/decoder_service.pb.h"

namespace unclip::decoder {

// What a request may ask for.
inline constexpr int kMinStepCount = 2;
inline constexpr int kMaxStepCount = 1000;
inline constexpr double kMaxGuidanceScale = 100;
inline constexpr int kMaxPreviewStepInterval = 1000;

// What it gets when it does not say.
inline constexpr int kDefaultDecoderStepCount = 25;
inline constexpr int kDefaultSuperResStepCount = 7;
inline constexpr double kDefaultGuidanceScale = 8;

// How pictures go into an answer.
struct OutputFormat {
  ImageEncoding encoding = ImageEncoding::kPng;
  int quality = kDefaultImageQuality;  // 1 to 100
};

// A validated request.
struct DecodeOrder {
  DecodeImageInput input;
  OutputFormat format;
  bool omit_progress = false;  // but for that which carries a preview
};

// Turns a request into an order, which cannot be wrong after that. INVALID_ARGUMENT, naming field, value and range, when a field
// does not fit the engine or is out of range. The negative text is checked and taken only when the guidance scale makes use of
// it.
absl::StatusOr<DecodeOrder> ToDecodeOrder(const v1::DecodeImageRequest& request, const DecoderModelInfo& info);

// The picture, encoded. The error of the encoder.
absl::StatusOr<common::v1::EncodedImage> ToEncodedImage(const RgbImage& image, const OutputFormat& format);

// Progress without its preview.
v1::DecodeImageProgress ToProgressProto(const DecodeProgress& progress);

v1::GetModelInfoResponse ToModelInfoResponse(const DecoderModelInfo& info);

}  // namespace unclip::decoder

#endif  // UNCLIP_SERVICES_DECODER_DECODER_CONVERSION_H_
