#include "train/data/example_reader.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "train/data/random.h"
#include "train/data/shuffle.h"

namespace unclip::train {
namespace {

// What of the seed decides what.
enum Purpose : uint64_t { kOrder = 3, kView = 4 };

size_t PictureBytes(int side) { return static_cast<size_t>(side) * side * 3; }

// Copies a picture whose sides are `side` pixels, mirrored left to right if `flip`.
void CopyPicture(const std::vector<uint8_t>& from, int side, bool flip, uint8_t* to) {
  if (!flip) {
    std::copy(from.begin(), from.end(), to);
    return;
  }
  for (int y = 0; y < side; ++y) {
    const uint8_t* pixel = &from[static_cast<size_t>(y + 1) * side * 3];
    for (int x = 0; x < side; ++x, to += 3) {
      pixel -= 3;
      std::copy(pixel, pixel + 3, to);
    }
  }
}

}  // namespace

ExampleBatch ExampleReader::EmptyBatch(int64_t step) const {
  ExampleBatch batch{.step = step, .side = options_.window_side, .pixels = {}, .captions = {}};
  batch.pixels.resize(options_.batch_size * PictureBytes(options_.window_side));
  batch.captions.resize(options_.batch_size);
  return batch;
}

SlotResult ExampleReader::ReadSlot(int slot, const std::atomic<bool>& stopping, ExampleBatch& batch) const {
  SlotResult result;
  const int64_t position = (batch.step * options_.world_size + options_.rank) * options_.batch_size + slot;
  for (int64_t tried = 0; tried < ExampleLoader::kMaxSkipsInARow; ++tried) {
    if (tried > 0 && stopping) {
      result.status = absl::CancelledError("the loader is stopping");
      return result;
    }
    const int64_t index = IndexAt(position + tried);
    const absl::Status status = TryRead(index, position, slot, batch);
    if (status.ok()) return result;
    result.skipped.push_back(Complaint(index, status));
  }
  result.status = absl::DataLossError(absl::StrCat("none of ", ExampleLoader::kMaxSkipsInARow,
                                                   " examples in a row could be read; the last one: ", result.skipped.back()));
  return result;
}

// Which example stands at `position` of the order that all steps and ranks go through together.
int64_t ExampleReader::IndexAt(int64_t position) const {
  const int64_t count = dataset_.size();
  if (count == 0) return position;
  return ShuffledAt(position % count, count, CombineSeeds({options_.seed, kOrder, static_cast<uint64_t>(position / count)}));
}

// Reads the example at `index` as the one for `position`, which decides how it is looked at.
absl::Status ExampleReader::TryRead(int64_t index, int64_t position, int slot, ExampleBatch& batch) const {
  Random random(CombineSeeds({options_.seed, kView, static_cast<uint64_t>(position)}));
  const int side = options_.window_side;
  const int64_t corners = (options_.picture_size - side) / options_.window_align + 1;
  const int x = options_.window_align * static_cast<int>(random.Below(corners));
  const int y = options_.window_align * static_cast<int>(random.Below(corners));
  const bool flip = random.Below(2) == 1 && options_.flip;
  const uint64_t variant = random.Next();
  ASSIGN_OR_RETURN(Example example, dataset_.Read(index, variant, {.size = options_.picture_size, .side = side, .x = x, .y = y}));
  const RgbImage& image = example.image;
  if (image.width != side || image.height != side || image.pixels.size() != PictureBytes(side)) {
    return absl::InternalError(absl::StrCat("the dataset gave ", image.width, "x", image.height, " pixels in ",
                                            image.pixels.size(), " bytes where ", side, "x", side, " were asked for"));
  }
  CopyPicture(image.pixels, side, flip, &batch.pixels[slot * PictureBytes(side)]);
  batch.captions[slot] = std::move(example.caption);
  return absl::OkStatus();
}

std::string ExampleReader::Complaint(int64_t index, const absl::Status& error) const {
  const std::string name = dataset_.Name(index);
  if (absl::StrContains(error.message(), name)) return std::string(error.message());
  return absl::StrCat(name, ": ", error.message());
}

}  // namespace unclip::train
