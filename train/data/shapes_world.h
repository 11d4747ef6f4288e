// The shapes world: captioned pictures of one or two shapes on a plain background, drawn as they are asked for. Source:
// tests/world/world.py; the random choices are of the same kinds and ranges, but not the same.
#ifndef UNCLIP_TRAIN_DATA_SHAPES_WORLD_H_
#define UNCLIP_TRAIN_DATA_SHAPES_WORLD_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "train/data/dataset.h"
#include "train/data/random.h"
#include "train/data/scene.h"          // Scene, what is chosen and captioned
#include "train/data/scene_drawing.h"  // DrawScene(), what draws it

namespace unclip::train {

// A random scene, with the choices and ranges of sample_scene() in world.py.
Scene SampleScene(Random& random);

// What the scene shows: everything, or with sizes and background left out at random.
std::string FullCaption(const Scene& scene);
std::string RandomCaption(const Scene& scene, Random& random);

// Scenes without end: the one at `index` is a function of seed and index. `variant` chooses what its caption leaves out.
class ShapesWorld : public Dataset {
 public:
  explicit ShapesWorld(uint64_t seed) : seed_(seed) {}

  Scene SceneAt(int64_t index) const;

  int64_t size() const override { return 0; }
  absl::StatusOr<Example> Read(int64_t index, uint64_t variant, const Window& window) const override;
  std::string Name(int64_t index) const override;

 private:
  const uint64_t seed_;
};

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_DATA_SHAPES_WORLD_H_
