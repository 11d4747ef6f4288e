// Scenes chosen at random.
#ifndef UNCLIP_TRAIN_DATA_SCENE_SAMPLING_H_
#define UNCLIP_TRAIN_DATA_SCENE_SAMPLING_H_

#include "train/data/random.h"
#include "train/data/scene.h"

namespace unclip::train {

// With the choices and ranges of sample_scene() in tests/world/world.py; no object has the background's colour.
Scene SampleScene(Random& random);

// `scene` with one thing made another: the background, the relation, an object's shape, colour or size, or which of two objects
// has which shape, colour or size. Where exactly the objects lie is chosen anew, as SampleScene() does.
Scene SiblingOf(Scene scene, Random& random);

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_DATA_SCENE_SAMPLING_H_
