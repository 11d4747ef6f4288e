#include "train/data/scene_sampling.h"

#include <algorithm>
#include <utility>

namespace unclip::train {
namespace {

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

void PlaceObjects(Scene& scene, Random& random) {
  if (scene.objects.size() == 1) {
    PlaceOne(scene.objects[0], random);
  } else {
    PlaceTwo(scene.objects[0], scene.objects[1], scene.relation, random);
  }
}

template <typename Enum>
Enum ChooseOther(Enum present, int count, Random& random) {
  return static_cast<Enum>((static_cast<int>(present) + 1 + random.Below(count - 1)) % count);
}

bool IsSeen(ShapeColor color, Background background) { return NameOf(color) != NameOf(background); }

bool AllAreSeen(const Scene& scene, Background background) {
  return std::all_of(scene.objects.begin(), scene.objects.end(),
                     [&](const SceneObject& object) { return IsSeen(object.color, background); });
}

ShapeColor ChooseOtherColor(ShapeColor present, Background background, Random& random) {
  while (true) {
    const ShapeColor color = ChooseOther(present, kShapeColorCount, random);
    if (IsSeen(color, background)) return color;
  }
}

void ChangeShapes(Scene& scene, Random& random) {
  for (SceneObject& object : scene.objects) object.shape = Choose<Shape>(kShapeCount, random);
}

void ChangeArrangement(Scene& scene, Random& random) {
  scene.relation = Choose<Relation>(kRelationCount, random);
  SceneObject &first = scene.objects[0], &second = scene.objects[1];
  // One swap at most: two that differ in that only would change places, and a relation that turns round as well would undo it.
  switch (random.Below(4)) {
    case 0:
      return std::swap(first.shape, second.shape);
    case 1:
      return std::swap(first.color, second.color);
    case 2:
      return std::swap(first.large, second.large);
    default:
      return;
  }
}

// Two objects hide two backgrounds at most, so that there is always another.
Background ChooseOtherBackground(const Scene& scene, Random& random) {
  while (true) {
    const Background background = ChooseOther(scene.background, kBackgroundCount, random);
    if (AllAreSeen(scene, background)) return background;
  }
}

void ChangeOneThing(Scene& scene, Random& random) {
  const int64_t choice = random.Below(1 + 2 * static_cast<int64_t>(scene.objects.size()));
  if (choice == 0) {
    scene.background = ChooseOtherBackground(scene, random);
    return;
  }
  SceneObject& object = scene.objects[(choice - 1) / 2];
  if (choice % 2 == 1) {
    object.color = ChooseOtherColor(object.color, scene.background, random);
  } else {
    object.large = !object.large;
  }
}

}  // namespace

Scene SampleScene(Random& random) {
  Scene scene;
  scene.background = Choose<Background>(kBackgroundCount, random);
  const bool two = random.Below(2) == 1;
  scene.objects.push_back(ChooseObject(scene.background, random));
  if (two) {
    scene.objects.push_back(ChooseObject(scene.background, random));
    scene.relation = Choose<Relation>(kRelationCount, random);
  }
  PlaceObjects(scene, random);
  return scene;
}

Scene ToldForward(Scene scene) {
  if (scene.objects.size() < 2 || scene.relation == Relation::kLeftOf || scene.relation == Relation::kAbove) return scene;
  scene.relation = scene.relation == Relation::kRightOf ? Relation::kLeftOf : Relation::kAbove;
  std::swap(scene.objects[0], scene.objects[1]);
  return scene;
}

Likeness ChooseLikeness(const Scene& scene, Random& random) {
  const bool two = scene.objects.size() == 2;
  const int64_t choice = random.Below(two ? 8 : 4);
  if (choice < 3) return Likeness::kAllButShapes;
  return choice < 6 && two ? Likeness::kAllButArrangement : Likeness::kAllButOneThing;
}

Scene SiblingOf(Scene scene, Likeness likeness, Random& random) {
  switch (likeness) {
    case Likeness::kAllButShapes:
      ChangeShapes(scene, random);
      break;
    case Likeness::kAllButArrangement:
      ChangeArrangement(scene, random);
      break;
    case Likeness::kAllButOneThing:
      ChangeOneThing(scene, random);
      break;
  }
  PlaceObjects(scene, random);
  return scene;
}

}  // namespace unclip::train
