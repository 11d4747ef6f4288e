#include "train/data/scene_drawing.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "train/data/shape_distance.h"

namespace unclip::train {
namespace {

// Rows or columns of the window.
struct Range {
  int begin = 0;
  int end = 0;

  bool Contains(int i) const { return begin <= i && i < end; }
};

// An object where it lies in the window.
struct Figure {
  Shape shape = Shape::kCircle;
  std::array<float, 3> color = {};
  double y = 0;  // of the picture's side
  double radius = 0;
  Range rows;
  Range columns;
  std::vector<double> offsets;  // of the columns' centres from the object's, of the picture's side
};

double Center(int pixel, int size) { return (pixel + .5) / size; }

// The pixels of the window, which begins at `start`, whose centres may be less than `reach` from `center`.
Range PixelsNear(double center, double reach, int start, const Window& window) {
  const double begin = std::floor((center - reach) * window.size - .5) - start;
  const double end = std::ceil((center + reach) * window.size + .5) - start;
  return {.begin = static_cast<int>(std::clamp<double>(begin, 0, window.side)),
          .end = static_cast<int>(std::clamp<double>(end, 0, window.side))};
}

Figure MakeFigure(const SceneObject& object, const Window& window) {
  const Rgb color = RgbOf(object.color);
  // A pixel is covered in part up to half a pixel outside.
  const double reach = ShapeReach(object.radius, .5 / window.size);
  Figure figure{.shape = object.shape,
                .color = {static_cast<float>(color[0]), static_cast<float>(color[1]), static_cast<float>(color[2])},
                .y = object.y,
                .radius = object.radius,
                .rows = PixelsNear(object.y, reach, window.y, window),
                .columns = PixelsNear(object.x, reach, window.x, window),
                .offsets = {}};
  for (int i = figure.columns.begin; i < figure.columns.end; ++i) {
    figure.offsets.push_back(Center(window.x + i, window.size) - object.x);
  }
  return figure;
}

// One row of the window, its channels apart so that loops over it run several pixels at once.
class RowPainter {
 public:
  explicit RowPainter(const Window& window) : window_(window), distances_(window.side), cover_(window.side) {
    for (std::vector<float>& channel : channels_) channel.resize(window.side);
  }

  void Fill(Rgb color) {
    for (size_t c = 0; c < 3; ++c) std::fill(channels_[c].begin(), channels_[c].end(), static_cast<float>(color[c]));
  }

  // The reference computes distances in double and colours in float, and so does this.
  void Paint(const Figure& figure, int row) {
    const size_t count = figure.offsets.size();
    ShapeDistances(figure.shape, figure.offsets, Center(window_.y + row, window_.size) - figure.y, figure.radius,
                   absl::MakeSpan(distances_).first(count));
    const double size = window_.size;
    for (size_t i = 0; i < count; ++i) {
      cover_[i] = static_cast<float>(std::max(0.0, std::min(1.0, .5 - distances_[i] * size)));
    }
    for (size_t c = 0; c < 3; ++c) {
      float* const channel = channels_[c].data() + figure.columns.begin;
      const float color = figure.color[c];
      for (size_t i = 0; i < count; ++i) channel[i] = channel[i] * (1 - cover_[i]) + cover_[i] * color;
    }
  }

  void Store(uint8_t* pixels) const {
    for (int i = 0; i < window_.side; ++i) {
      for (size_t c = 0; c < 3; ++c) *pixels++ = Round(channels_[c][i]);
    }
  }

 private:
  // To the nearest, halves to even, of 0 to 255: at 2^23 a float has no fraction left.
  static uint8_t Round(float sample) { return static_cast<uint8_t>(static_cast<int>(sample + 8388608.0F) & 0xff); }

  const Window window_;
  std::array<std::vector<float>, 3> channels_;
  std::vector<double> distances_;
  std::vector<float> cover_;  // 0 to 1, of each pixel near the figure
};

}  // namespace

RgbImage DrawScene(const Scene& scene, const Window& window) {
  std::vector<Figure> figures;
  for (const SceneObject& object : scene.objects) figures.push_back(MakeFigure(object, window));
  const Rgb background = RgbOf(scene.background);
  const size_t row_size = static_cast<size_t>(window.side) * 3;
  RgbImage image{.width = window.side, .height = window.side, .pixels = std::vector<uint8_t>(row_size * window.side)};
  RowPainter painter(window);
  for (int row = 0; row < window.side; ++row) {
    painter.Fill(background);
    for (const Figure& figure : figures) {
      if (figure.rows.Contains(row) && !figure.offsets.empty()) painter.Paint(figure, row);
    }
    painter.Store(&image.pixels[row * row_size]);
  }
  return image;
}

}  // namespace unclip::train
