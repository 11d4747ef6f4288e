#include "train/data/scene.h"

namespace unclip::train {
namespace {

struct NamedColor {
  absl::string_view name;
  Rgb rgb;
};

constexpr std::array<absl::string_view, kShapeCount> kShapes = {"circle", "square", "triangle", "diamond",
                                                                "ring",   "cross",  "star",     "heart"};
constexpr std::array<NamedColor, kShapeColorCount> kColors = {{{"red", {220, 40, 40}},
                                                               {"orange", {245, 150, 30}},
                                                               {"yellow", {250, 220, 50}},
                                                               {"green", {50, 160, 70}},
                                                               {"blue", {45, 90, 220}},
                                                               {"purple", {140, 60, 170}},
                                                               {"black", {20, 20, 20}},
                                                               {"white", {250, 250, 250}}}};
constexpr std::array<NamedColor, kBackgroundCount> kBackgrounds = {{{"white", {250, 250, 250}},
                                                                    {"black", {20, 20, 20}},
                                                                    {"gray", {150, 150, 150}},
                                                                    {"pink", {250, 190, 200}},
                                                                    {"cyan", {150, 225, 235}}}};
constexpr std::array<absl::string_view, kRelationCount> kRelations = {"left of", "right of", "above", "below"};

}  // namespace

absl::string_view NameOf(Shape shape) { return kShapes[static_cast<size_t>(shape)]; }
absl::string_view NameOf(ShapeColor color) { return kColors[static_cast<size_t>(color)].name; }
absl::string_view NameOf(Background background) { return kBackgrounds[static_cast<size_t>(background)].name; }
absl::string_view NameOf(Relation relation) { return kRelations[static_cast<size_t>(relation)]; }

Rgb RgbOf(ShapeColor color) { return kColors[static_cast<size_t>(color)].rgb; }
Rgb RgbOf(Background background) { return kBackgrounds[static_cast<size_t>(background)].rgb; }

}  // namespace unclip::train
