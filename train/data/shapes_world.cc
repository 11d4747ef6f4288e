#include "train/data/shapes_world.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "train/data/scene_drawing.h"

namespace unclip::train {
namespace {

// What of the seed decides what, so that a caption's choices do not depend on how many numbers its scene took.
enum Purpose : uint64_t { kSceneChoices = 1, kCaptionChoices = 2 };

// How often a caption says what it may leave out.
constexpr double kSaidChance = 0.7;

template <typename Enum>
Enum Choose(int count, Random& random) {
  return static_cast<Enum>(random.Below(count));
}

// Evenly spread over -amount .. amount.
double Jitter(double amount, Random& random) { return (random.Unit() * 2 - 1) * amount; }

SceneObject ChooseObject(Background background, Random& random) {
  SceneObject object;
  do {
    object.color = Choose<ShapeColor>(kShapeColorCount, random);
  } while (NameOf(object.color) == NameOf(background));
  object.shape = Choose<Shape>(kShapeCount, random);
  object.large = random.Below(2) == 1;
  return object;
}

void PlaceOne(SceneObject& object, Random& random) {
  object.x = 0.5 + Jitter(.06, random);
  object.y = 0.5 + Jitter(.06, random);
  object.radius = (object.large ? 0.36 : 0.17) + Jitter(.015, random);
}

void PlaceTwo(SceneObject& first, SceneObject& second, Relation relation, Random& random) {
  for (SceneObject* const object : {&first, &second}) object->radius = (object->large ? 0.22 : 0.13) + Jitter(.01, random);
  const bool side_by_side = relation == Relation::kLeftOf || relation == Relation::kRightOf;
  const bool first_is_low = relation == Relation::kLeftOf || relation == Relation::kAbove;
  SceneObject& low = first_is_low ? first : second;
  SceneObject& high = first_is_low ? second : first;
  (side_by_side ? low.x : low.y) = 0.26 + Jitter(.02, random);
  (side_by_side ? high.x : high.y) = 0.74 + Jitter(.02, random);
  for (SceneObject* const object : {&first, &second}) (side_by_side ? object->y : object->x) = 0.5 + Jitter(.08, random);
}

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

Scene SampleScene(Random& random) {
  Scene scene;
  scene.background = Choose<Background>(kBackgroundCount, random);
  const bool two = random.Below(2) == 1;
  scene.objects.push_back(ChooseObject(scene.background, random));
  if (!two) {
    PlaceOne(scene.objects[0], random);
    return scene;
  }
  scene.objects.push_back(ChooseObject(scene.background, random));
  scene.relation = Choose<Relation>(kRelationCount, random);
  PlaceTwo(scene.objects[0], scene.objects[1], scene.relation, random);
  return scene;
}

std::string FullCaption(const Scene& scene) {
  return CaptionOf(scene, [] { return true; });
}

std::string RandomCaption(const Scene& scene, Random& random) {
  return CaptionOf(scene, [&random] { return random.Chance(kSaidChance); });
}

Scene ShapesWorld::SceneAt(int64_t index) const {
  Random random(CombineSeeds({seed_, kSceneChoices, static_cast<uint64_t>(index)}));
  return SampleScene(random);
}

absl::StatusOr<Example> ShapesWorld::Read(int64_t index, uint64_t variant, const Window& window) const {
  RETURN_IF_ERROR(CheckWindow(window));
  const Scene scene = SceneAt(index);
  Random random(CombineSeeds({seed_, kCaptionChoices, static_cast<uint64_t>(index), variant}));
  return Example{.image = DrawScene(scene, window), .caption = RandomCaption(scene, random)};
}

std::string ShapesWorld::Name(int64_t index) const { return FullCaption(SceneAt(index)); }

}  // namespace unclip::train
