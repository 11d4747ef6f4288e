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
#include "train/data/scene_sampling.h"

namespace unclip::train {

// What the scene shows: everything, or with sizes and background left out at random.
std::string FullCaption(const Scene& scene);
std::string RandomCaption(const Scene& scene, Random& random);

// Scenes without end: the one at `index` is a function of seed and index. `variant` chooses what its caption leaves out.
//
// With `siblings` > 1, that many neighbours are a scene and others that are like it but for one kind of thing (SiblingOf()), and
// their captions leave out the same, whatever the variant. To tell such neighbours apart a contrastive model must see all that
// captions name; scenes that are drawn one by one can mostly be told apart by a part of it.
//
// Of the scenes that would be told from the right or from below, the share `forward` is told from the left or from above instead.
// Which object is where follows from relation and order together, and neither says anything of it alone while both relations are
// as frequent: a model finds no beginning. With more of one than of the other it does.
class ShapesWorld : public Dataset {
 public:
  explicit ShapesWorld(uint64_t seed, int siblings = 1, double forward = 0)
      : seed_(seed), siblings_(siblings), forward_(forward) {}

  Scene SceneAt(int64_t index) const;

  int64_t size() const override { return 0; }
  absl::StatusOr<Example> Read(int64_t index, uint64_t variant, const Window& window) const override;
  std::string Name(int64_t index) const override;

 private:
  const uint64_t seed_;
  const int siblings_;
  const double forward_;
};

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_DATA_SHAPES_WORLD_H_
