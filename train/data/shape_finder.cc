#include "train/data/shape_finder.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <cmath>
#include <cstdint>

#include "absl/types/span.h"
#include "train/data/shape_distance.h"

namespace unclip::train {
namespace {

// What is less than this far from the background's colour, summed over the channels, is background.
constexpr double kBackgroundTolerance = 90;
// Of the picture's pixels; what is smaller is dirt.
constexpr double kSmallestShare = .004;

using Color = std::array<double, 3>;

double Distance(const Color& first, Rgb second) {
  double sum = 0;
  for (size_t c = 0; c < 3; ++c) sum += std::abs(first[c] - second[c]);
  return sum;
}

template <typename Enum>
Enum NearestColor(const Color& color, int count) {
  int best = 0;
  for (int i = 1; i < count; ++i) {
    if (Distance(color, RgbOf(static_cast<Enum>(i))) < Distance(color, RgbOf(static_cast<Enum>(best)))) best = i;
  }
  return static_cast<Enum>(best);
}

// The median of samples of each channel; between two, their mean.
class Medians {
 public:
  void Add(const uint8_t* pixel) {
    for (size_t c = 0; c < 3; ++c) ++counts_[c][pixel[c]];
    ++count_;
  }

  Color Get() const {
    Color color;
    for (size_t c = 0; c < 3; ++c) color[c] = (AtRank(c, (count_ - 1) / 2) + AtRank(c, count_ / 2)) / 2.0;
    return color;
  }

 private:
  int AtRank(size_t channel, int64_t rank) const {
    int value = 0;
    for (int64_t below = counts_[channel][0]; below <= rank; below += counts_[channel][value]) ++value;
    return value;
  }

  std::array<std::array<int64_t, 256>, 3> counts_ = {};
  int64_t count_ = 0;
};

Color EdgeColor(const RgbImage& image) {
  Medians medians;
  const size_t side = image.width;
  for (size_t i = 0; i < side; ++i) {
    for (const size_t pixel : {i, (side - 1) * side + i, i * side, i * side + side - 1}) medians.Add(&image.pixels[pixel * 3]);
  }
  return medians.Get();
}

// Pixels of a picture whose side is `side`, and the box around them, right and bottom just outside.
struct Component {
  explicit Component(int picture_side) : side(picture_side), left(side), top(side) {}

  void Add(int row, int column) {
    pixels.push_back(static_cast<size_t>(row) * side + column);
    left = std::min(left, column);
    right = std::max(right, column + 1);
    top = std::min(top, row);
    bottom = std::max(bottom, row + 1);
  }

  int side;
  int left, right = 0, top, bottom = 0;
  std::vector<size_t> pixels;  // row × side + column
};

// Takes the pixels that hang together with `start` by their sides out of `foreground`.
Component TakeComponent(size_t start, int side, std::vector<bool>& foreground) {
  Component component(side);
  const auto take = [&](int row, int column) {
    if (row < 0 || row >= side || column < 0 || column >= side) return;
    const auto pixel = foreground.begin() + (static_cast<ptrdiff_t>(row) * side + column);
    if (!*pixel) return;
    *pixel = false;
    component.Add(row, column);
  };
  take(static_cast<int>(start / side), static_cast<int>(start % side));
  for (size_t next = 0; next < component.pixels.size(); ++next) {
    const int row = static_cast<int>(component.pixels[next] / side), column = static_cast<int>(component.pixels[next] % side);
    take(row + 1, column);
    take(row - 1, column);
    take(row, column + 1);
    take(row, column - 1);
  }
  return component;
}

// A shape stretched to a square, which makes shapes of all sizes comparable.
constexpr size_t kFitSide = 32;
using Fitted = std::bitset<kFitSide * kFitSide>;

// `is_set(x, y)` says whether a pixel of the box of `width` × `height` is part of the shape.
template <typename IsSet>
Fitted Fit(int width, int height, IsSet is_set) {
  Fitted fitted;
  for (size_t i = 0; i < kFitSide; ++i) {
    for (size_t j = 0; j < kFitSide; ++j) {
      const int y = static_cast<int>((i + .5) * height / kFitSide), x = static_cast<int>((j + .5) * width / kFitSide);
      fitted[i * kFitSide + j] = is_set(x, y);
    }
  }
  return fitted;
}

Fitted FitComponent(const Component& component) {
  const int width = component.right - component.left, height = component.bottom - component.top;
  std::vector<bool> box(static_cast<size_t>(width) * height);
  for (const size_t pixel : component.pixels) {
    box[(pixel / component.side - component.top) * width + pixel % component.side - component.left] = true;
  }
  return Fit(width, height, [&](int x, int y) { return box[static_cast<size_t>(y) * width + x]; });
}

Fitted FitModel(Shape shape) {
  constexpr int kGrid = 48;
  std::array<double, kGrid> points, distances;
  for (int i = 0; i < kGrid; ++i) points[i] = (i + .5) / kGrid * 2.4 - 1.2;
  // Not by TakeComponent(): the tips of the star hang on by their corners only.
  Component inside(kGrid);
  for (int row = 0; row < kGrid; ++row) {
    ShapeDistances(shape, points, points[row], 1.0, absl::MakeSpan(distances));
    for (int column = 0; column < kGrid; ++column) {
      if (distances[column] < 0) inside.Add(row, column);
    }
  }
  return FitComponent(inside);
}

// The reference also makes all likenesses of a long box smaller, which does not change which of them is the largest.
Shape MostSimilar(const Fitted& fitted) {
  static const std::array<Fitted, kShapeCount> models = [] {
    std::array<Fitted, kShapeCount> all;
    for (size_t i = 0; i < all.size(); ++i) all[i] = FitModel(static_cast<Shape>(i));
    return all;
  }();
  size_t best = 0;
  double best_overlap = -1;
  for (size_t i = 0; i < models.size(); ++i) {
    const double overlap = static_cast<double>((fitted & models[i]).count()) / static_cast<double>((fitted | models[i]).count());
    if (overlap > best_overlap) {
      best = i;
      best_overlap = overlap;
    }
  }
  return static_cast<Shape>(best);
}

FoundShape Describe(const Component& component, const RgbImage& image) {
  Medians medians;
  for (const size_t pixel : component.pixels) medians.Add(&image.pixels[pixel * 3]);
  const double side = image.width;
  return {.shape = MostSimilar(FitComponent(component)),
          .color = NearestColor<ShapeColor>(medians.Get(), kShapeColorCount),
          .extent = std::max(component.right - component.left, component.bottom - component.top) / side,
          .x = (component.left + component.right) / 2.0 / side,
          .y = (component.top + component.bottom) / 2.0 / side,
          .pixel_count = component.pixels.size()};
}

}  // namespace

FoundShapes FindShapes(const RgbImage& image) {
  const Color edge = EdgeColor(image);
  FoundShapes found{.background = NearestColor<Background>(edge, kBackgroundCount), .shapes = {}};
  const size_t count = static_cast<size_t>(image.width) * image.height;
  std::vector<bool> foreground(count);
  for (size_t i = 0; i < count; ++i) {
    const uint8_t* const pixel = &image.pixels[i * 3];
    foreground[i] = Distance(edge, {pixel[0], pixel[1], pixel[2]}) > kBackgroundTolerance;
  }
  for (size_t i = 0; i < count; ++i) {
    if (!foreground[i]) continue;
    const Component component = TakeComponent(i, image.width, foreground);
    if (static_cast<double>(component.pixels.size()) < static_cast<double>(count) * kSmallestShare) continue;
    found.shapes.push_back(Describe(component, image));
  }
  std::stable_sort(found.shapes.begin(), found.shapes.end(),
                   [](const FoundShape& first, const FoundShape& second) { return first.pixel_count > second.pixel_count; });
  return found;
}

}  // namespace unclip::train
