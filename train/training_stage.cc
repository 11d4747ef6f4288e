#include "train/training_stage.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/stack.h>

#include <cmath>
#include <utility>

#include "base/atomic_file.h"
#include "base/status_macros.h"
#include "common/image/image_codec.h"
#include "services/decoder/picture.h"
#include "train/picture_grid.h"

namespace unclip::train {

TrainingBatch ToTrainingBatch(ExampleBatch batch) {
  const auto count = static_cast<int64_t>(batch.captions.size());
  const at::Tensor samples = at::from_blob(batch.pixels.data(), {count, batch.side, batch.side, 3}, at::kByte);
  return {.pictures = (samples.to(at::kFloat) / 127.5 - 1).permute({0, 3, 1, 2}),  // [N, 3, side, side]
          .captions = std::move(batch.captions)};
}

absl::StatusOr<TrainingBatch> ReadHeldOut(const HeldOut& held_out, int count, int size) {
  ExampleBatch batch = {.step = 0, .side = size, .pixels = {}, .captions = {}};
  for (int64_t i = 0; i < count; ++i) {
    ASSIGN_OR_RETURN(Example example, held_out.data.Read(i, /*variant=*/0, {.size = size, .side = size, .x = 0, .y = 0}));
    batch.pixels.insert(batch.pixels.end(), example.image.pixels.begin(), example.image.pixels.end());
    batch.captions.push_back(std::move(example.caption));
  }
  return ToTrainingBatch(std::move(batch));
}

absl::StatusOr<Figures> ScorePictures(const HeldOut& held_out, const at::Tensor& pictures, const std::string& grid_path) {
  std::vector<RgbImage> images;
  for (int64_t i = 0; i < pictures.size(0); ++i) images.push_back(decoder::ToRgbImage(pictures, i));
  ASSIGN_OR_RETURN(const std::string bytes, EncodeImage(PictureGrid(images), ImageEncoding::kPng));
  RETURN_IF_ERROR(WriteFileAtomically(grid_path, bytes));
  return held_out.judge ? held_out.judge(images) : Figures{};
}

}  // namespace unclip::train
