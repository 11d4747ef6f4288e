#include "train/data/shape_distance.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>

namespace unclip::train {
namespace {

double Length(double x, double y) { return std::sqrt(x * x + y * y); }

double Triangle(double x, double y, double r) {
  const double down = y - .12 * r;
  return std::max(std::abs(x) * .866 - (down + r) * .5, down - .62 * r);
}

double Cross(double x, double y, double r) {
  const double across = std::abs(x), along = std::abs(y);
  return std::min(std::max(across - .33 * r, along - r), std::max(across - r, along - .33 * r));
}

// Each point of the star looks the same from its own axis, so the distance is to one edge, seen from the nearest axis: the one
// along which the point lies furthest. No angles, which would cost more than all else together.
class Star {
 public:
  explicit Star(double r) : tip_(r) {
    const double edge_x = .42 * r * std::cos(kTurn / 2) - r, edge_y = .42 * r * std::sin(kTurn / 2);
    const double length = std::hypot(edge_x, edge_y);
    along_ = edge_y / length;
    across_ = -edge_x / length;
  }

  double operator()(double x, double y) const {
    const double side = std::abs(x), up = -y;
    double along = up, across = side;
    Turn(up * kCos1 + side * kSin1, side * kCos1 - up * kSin1, along, across);
    Turn(up * kCos2 + side * kSin2, side * kCos2 - up * kSin2, along, across);
    return (along - tip_) * along_ + across * across_;
  }

 private:
  static constexpr double kTurn = 2 * std::numbers::pi / 5;
  // Cosines and sines of one turn and of two.
  static constexpr double kCos1 = 0.30901699437494745, kSin1 = 0.9510565162951535;
  static constexpr double kCos2 = -0.8090169943749473, kSin2 = 0.5877852522924732;

  static void Turn(double other_along, double other_across, double& along, double& across) {
    across = other_along > along ? std::abs(other_across) : across;
    along = std::max(along, other_along);
  }

  const double tip_;
  double along_, across_;
};

double Heart(double x, double y, double r) {
  const double unit = 1.7 * r;
  const double side = std::abs(x) / unit, up = -(y - .88 * r) / unit;
  const double lobe = Length(side - .25, up - .75) - std::numbers::sqrt2 / 4;
  const double half = .5 * std::max(side + up, 0.0);
  const double to_notch = side * side + (up - 1) * (up - 1);
  const double to_edge = (side - half) * (side - half) + (up - half) * (up - half);
  const double body = std::sqrt(std::min(to_notch, to_edge));
  return (side + up > 1 ? lobe : side > up ? body : -body) * unit;
}

// One loop for each shape, so that the compiler can compute several points at once.
template <typename Distance>
void ForEach(absl::Span<const double> x, absl::Span<double> distances, Distance distance) {
  for (size_t i = 0; i < x.size(); ++i) distances[i] = distance(x[i]);
}

}  // namespace

void ShapeDistances(Shape shape, absl::Span<const double> x, double y, double radius, absl::Span<double> distances) {
  const double r = radius;
  switch (shape) {
    case Shape::kCircle:
      return ForEach(x, distances, [=](double px) { return Length(px, y) - r; });
    case Shape::kSquare:
      return ForEach(x, distances, [=](double px) { return std::max(std::abs(px), std::abs(y)) - .86 * r; });
    case Shape::kTriangle:
      return ForEach(x, distances, [=](double px) { return Triangle(px, y, r); });
    case Shape::kDiamond:
      return ForEach(x, distances, [=](double px) { return (std::abs(px) + std::abs(y) - 1.08 * r) * .7071; });
    case Shape::kRing:
      return ForEach(x, distances, [=](double px) { return std::abs(Length(px, y) - .74 * r) - .26 * r; });
    case Shape::kCross:
      return ForEach(x, distances, [=](double px) { return Cross(px, y, r); });
    case Shape::kStar:
      return ForEach(x, distances, [=, star = Star(r)](double px) { return star(px, y); });
    case Shape::kHeart:
      return ForEach(x, distances, [=](double px) { return Heart(px, y, r); });
  }
}

// The diamond reaches furthest (1.08 radius), and the star's tips, sharp as they are, lose most to a margin (1 / sin(20.5°)).
double ShapeReach(double radius, double margin) { return 1.08 * radius + 3 * margin; }

}  // namespace unclip::train
