// Makes a picture ready for the CLIP vision tower, equal to the CLIPImageProcessor of transformers 4.57.1. Free of LibTorch.
#ifndef UNCLIP_SERVICES_CLIP_IMAGE_PREPROCESSOR_H_
#define UNCLIP_SERVICES_CLIP_IMAGE_PREPROCESSOR_H_

#include <array>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/image/resample.h"
#include "common/image/rgb_image.h"

namespace unclip::clip {

// Resizes, crops, rescales and normalizes, each as far as preprocessor_config.json says. Immutable and thread-safe.
class ImagePreprocessor {
 public:
  // Reads preprocessor_config.json in `feature_extractor_dir`. NOT_FOUND when it is missing; INVALID_ARGUMENT, naming the option,
  // when it is malformed or asks for what is not implemented, such as another filter or a size that depends on the picture's.
  static absl::StatusOr<ImagePreprocessor> Load(const std::string& feature_extractor_dir);

  // The tower's input: 3 × height() × width() values, channel by channel (R, G, B), row by row. A picture smaller than the crop
  // is padded with black. INVALID_ARGUMENT when `image` does not hold width × height × 3 samples, or is so long and thin that it
  // would have more than 64 Mi pixels once resized.
  absl::StatusOr<std::vector<float>> Process(const RgbImage& image) const;

  // Size of the tower's input in pixels.
  int width() const { return crop_width_; }
  int height() const { return crop_height_; }

 private:
  ImagePreprocessor() = default;

  // The picture resized as the config says.
  absl::StatusOr<RgbImage> Resize(const RgbImage& image) const;

  bool do_resize_ = false;
  int shortest_edge_ = 0;  // pixels of the shorter side after resizing; 0: resize_width_ and resize_height_ count
  int resize_width_ = 0;
  int resize_height_ = 0;
  ResampleFilter filter_ = ResampleFilter::kBicubic;
  int crop_width_ = 0;
  int crop_height_ = 0;
  std::array<std::array<float, 256>, 3> value_of_sample_{};  // [channel][8-bit sample]: rescaled and normalized
};

}  // namespace unclip::clip

#endif  // UNCLIP_SERVICES_CLIP_IMAGE_PREPROCESSOR_H_
