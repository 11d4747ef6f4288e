#include "train/data/shapes_world.h"

#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "train/data/scene_drawing.h"

namespace unclip::train {
namespace {

// What of the seed decides what, so that a caption's choices do not depend on how many numbers its scene took.
enum Purpose : uint64_t { kSceneChoices = 1, kCaptionChoices = 2, kSiblingChoices = 3, kDirectionChoices = 4 };

// How often a caption says what it may leave out.
constexpr double kSaidChance = 0.7;

std::string NounOf(const SceneObject& object, bool with_size) {
  const std::string words =
      absl::StrCat(with_size ? (object.large ? "large " : "small ") : "", NameOf(object.color), " ", NameOf(object.shape));
  return absl::StrCat(absl::string_view("aeiou").find(words[0]) == absl::string_view::npos ? "a " : "an ", words);
}

// `said` is asked of each thing that may be left out, in the order of the caption.
template <typename Said>
std::string CaptionOf(const Scene& scene, Said said) {
  std::string caption = NounOf(scene.objects[0], said());
  if (scene.objects.size() == 2) {
    const bool vertical = scene.relation == Relation::kAbove || scene.relation == Relation::kBelow;
    absl::StrAppend(&caption, vertical ? " " : " to the ", NameOf(scene.relation), " ", NounOf(scene.objects[1], said()));
  }
  if (said()) absl::StrAppend(&caption, " on a ", NameOf(scene.background), " background");
  return caption;
}

}  // namespace

std::string FullCaption(const Scene& scene) {
  return CaptionOf(scene, [] { return true; });
}

std::string RandomCaption(const Scene& scene, Random& random) {
  return CaptionOf(scene, [&random] { return random.Chance(kSaidChance); });
}

Scene ShapesWorld::SceneAt(int64_t index) const {
  Random random(CombineSeeds({seed_, kSceneChoices, static_cast<uint64_t>(index / siblings_)}));
  Scene scene = SampleScene(random);
  if (index % siblings_ != 0) {
    const Likeness likeness = ChooseLikeness(scene, random);
    Random change(CombineSeeds({seed_, kSiblingChoices, static_cast<uint64_t>(index)}));
    scene = SiblingOf(std::move(scene), likeness, change);
  }
  Random direction(CombineSeeds({seed_, kDirectionChoices, static_cast<uint64_t>(index)}));
  return direction.Chance(forward_) ? ToldForward(std::move(scene)) : scene;
}

absl::StatusOr<Example> ShapesWorld::Read(int64_t index, uint64_t variant, const Window& window) const {
  RETURN_IF_ERROR(CheckWindow(window));
  Random random(CombineSeeds({seed_, kCaptionChoices, static_cast<uint64_t>(index / siblings_), siblings_ == 1 ? variant : 0}));
  const Scene scene = SceneAt(index);
  return Example{.image = DrawScene(scene, window), .caption = RandomCaption(scene, random)};
}

std::string ShapesWorld::Name(int64_t index) const { return FullCaption(SceneAt(index)); }

}  // namespace unclip::train
