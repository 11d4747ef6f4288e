// Scenes chosen at random.
#ifndef UNCLIP_TRAIN_DATA_SCENE_SAMPLING_H_
#define UNCLIP_TRAIN_DATA_SCENE_SAMPLING_H_

#include "train/data/random.h"
#include "train/data/scene.h"

namespace unclip::train {

// With the choices and ranges of sample_scene() in tests/world/world.py; no object has the background's colour.
Scene SampleScene(Random& random);

// What makes scenes hard to tell apart.
enum class Likeness {
  kAllButShapes,       // the objects' shapes differ
  kAllButArrangement,  // the relation, and which of two objects has which shape, colour or size
  kAllButOneThing,     // the background, or one object's colour or size
};

// The first two more often, since they are the harder ones; the second only of two objects.
Likeness ChooseLikeness(const Scene& scene, Random& random);

// A scene that is like `scene` but for what `likeness` says, which is chosen anew and may come out as it was. Where exactly the
// objects lie is chosen anew too, as SampleScene() does.
Scene SiblingOf(Scene scene, Likeness likeness, Random& random);

// What "A right of B" and "A below B" show, told as "B left of A" and "B above A"; other scenes as they are. The objects
// stay where they are; which of them is drawn over the other shows only where they touch.
Scene ToldForward(Scene scene);

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_DATA_SCENE_SAMPLING_H_
