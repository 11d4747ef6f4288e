#include "services/clip/image_preprocessor.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "common/image/image_limits.h"
#include "model/weights/config_reader.h"

namespace unclip::clip {
namespace {

using model::ConfigReader;

constexpr int kMaxSide = 8192;
constexpr int kDefaultSide = 224;

struct Size {
  int shortest_edge = 0;  // 0: width and height count
  int width = 0;
  int height = 0;
};

int ReadSide(ConfigReader& reader, absl::string_view key) { return static_cast<int>(reader.Int(key, 1, kMaxSide)); }

// `size`: {"shortest_edge"}, {"height", "width"}, or, as older files have it, one number for the shortest edge.
Size ReadSize(ConfigReader& reader) {
  if (!reader.Has("size")) return {.shortest_edge = kDefaultSide};
  if (!reader.IsObject("size")) return {.shortest_edge = ReadSide(reader, "size")};
  if (reader.Has("size.shortest_edge")) return {.shortest_edge = ReadSide(reader, "size.shortest_edge")};
  return {.width = ReadSide(reader, "size.width"), .height = ReadSide(reader, "size.height")};
}

// `crop_size`: {"height", "width"}, or one number for a square.
Size ReadCropSize(ConfigReader& reader) {
  if (!reader.Has("crop_size")) return {.width = kDefaultSide, .height = kDefaultSide};
  if (!reader.IsObject("crop_size")) {
    const int side = ReadSide(reader, "crop_size");
    return {.width = side, .height = side};
  }
  return {.width = ReadSide(reader, "crop_size.width"), .height = ReadSide(reader, "crop_size.height")};
}

// `resample`: Pillow's number of a filter.
ResampleFilter ReadFilter(ConfigReader& reader) {
  constexpr int kLanczos = 1, kBilinear = 2, kBicubic = 3;
  reader.Expect("resample", {kLanczos, kBilinear, kBicubic}, kBicubic);
  if (!reader.status().ok()) return ResampleFilter::kBicubic;
  switch (reader.Int("resample", kLanczos, kBicubic, kBicubic)) {
    case kLanczos:
      return ResampleFilter::kLanczos;
    case kBilinear:
      return ResampleFilter::kBilinear;
    default:
      return ResampleFilter::kBicubic;
  }
}

// What becomes of each 8-bit sample of a channel, in the reference's arithmetic: rescaled in float64, rounded to float32,
// normalized in float32.
using SampleTables = std::array<std::array<float, 256>, 3>;

SampleTables ReadSampleTables(ConfigReader& reader) {
  const bool rescales = reader.Bool("do_rescale", true);
  const bool normalizes = reader.Bool("do_normalize", true);
  const double factor = reader.Double("rescale_factor", 0, 1e6, 1.0 / 255);
  const std::vector<double> means = reader.DoubleList("image_mean", -1e6, 1e6, std::vector{0.48145466, 0.4578275, 0.40821073});
  const std::vector<double> deviations =
      reader.DoubleList("image_std", 1e-6, 1e6, std::vector{0.26862954, 0.26130258, 0.27577711});
  reader.Check(means.size() == 3, "image_mean", "must have 3 values");
  reader.Check(deviations.size() == 3, "image_std", "must have 3 values");
  SampleTables tables = {};
  if (!reader.status().ok()) return tables;
  for (size_t channel = 0; channel < tables.size(); ++channel) {
    for (int sample = 0; sample < 256; ++sample) {
      auto value = static_cast<float>(rescales ? sample * factor : sample);
      if (normalizes) value = (value - static_cast<float>(means[channel])) / static_cast<float>(deviations[channel]);
      tables[channel][sample] = value;
    }
  }
  return tables;
}

// Rounds down, as Python does.
int FloorHalf(int value) { return value >= 0 ? value / 2 : -((1 - value) / 2); }

}  // namespace

absl::StatusOr<ImagePreprocessor> ImagePreprocessor::Load(const std::string& feature_extractor_dir) {
  ASSIGN_OR_RETURN(ConfigReader reader, ConfigReader::Open(feature_extractor_dir + "/preprocessor_config.json"));
  for (const char* key : {"image_processor_type", "feature_extractor_type"}) {
    reader.Expect(key, {"CLIPImageProcessor", "CLIPFeatureExtractor"}, "CLIPImageProcessor");
  }
  reader.Ignore("processor_class");
  reader.Ignore("do_convert_rgb");  // an RgbImage is RGB

  ImagePreprocessor result;
  result.do_resize_ = reader.Bool("do_resize", true);
  const Size size = ReadSize(reader);
  result.shortest_edge_ = size.shortest_edge;
  result.resize_width_ = size.width;
  result.resize_height_ = size.height;
  result.filter_ = ReadFilter(reader);
  const Size crop_size = ReadCropSize(reader);
  const bool crops = reader.Bool("do_center_crop", true);
  reader.Check(crops || (result.do_resize_ && size.shortest_edge == 0), "do_center_crop",
               "would leave the size to the picture; without it do_resize must be true and size have height and width");
  result.crop_width_ = crops ? crop_size.width : size.width;
  result.crop_height_ = crops ? crop_size.height : size.height;
  result.value_of_sample_ = ReadSampleTables(reader);
  RETURN_IF_ERROR(reader.Finish());
  return result;
}

absl::StatusOr<RgbImage> ImagePreprocessor::Resize(const RgbImage& image) const {
  RETURN_IF_ERROR(CheckImage(image));
  if (!do_resize_) return image;
  if (shortest_edge_ == 0) return ResizeImage(image, resize_width_, resize_height_, filter_);
  const int64_t short_side = std::min(image.width, image.height);
  const int64_t long_side = std::max(image.width, image.height);
  // Cut off, not rounded.
  const int64_t new_long_side = shortest_edge_ * long_side / short_side;
  RETURN_IF_ERROR(CheckImageSize(shortest_edge_, new_long_side, ImageLimits()));
  const auto long_edge = static_cast<int>(new_long_side);
  return image.width <= image.height ? ResizeImage(image, shortest_edge_, long_edge, filter_)
                                     : ResizeImage(image, long_edge, shortest_edge_, filter_);
}

absl::StatusOr<std::vector<float>> ImagePreprocessor::Process(const RgbImage& image) const {
  ASSIGN_OR_RETURN(const RgbImage resized, Resize(image));
  const int left = FloorHalf(resized.width - crop_width_);
  const int top = FloorHalf(resized.height - crop_height_);
  std::vector<float> values;
  values.reserve(size_t{3} * crop_width_ * crop_height_);
  for (size_t channel = 0; channel < 3; ++channel) {
    const std::array<float, 256>& value_of = value_of_sample_[channel];
    for (int y = top; y < top + crop_height_; ++y) {
      for (int x = left; x < left + crop_width_; ++x) {
        const bool inside = x >= 0 && x < resized.width && y >= 0 && y < resized.height;
        const size_t pixel = inside ? static_cast<size_t>(y) * resized.width + x : 0;
        values.push_back(value_of[inside ? resized.pixels[3 * pixel + channel] : 0]);
      }
    }
  }
  return values;
}

}  // namespace unclip::clip
