// Draws pictures of the shapes world.
#ifndef UNCLIP_TRAIN_DATA_SCENE_DRAWING_H_
#define UNCLIP_TRAIN_DATA_SCENE_DRAWING_H_

#include "common/image/rgb_image.h"
#include "train/data/dataset.h"
#include "train/data/scene.h"

namespace unclip::train {

// The window, which CheckWindow() must accept, of the scene's picture. Source: render() in tests/world/world.py, whose pixels
// these are, but for roundings; they do not depend on the window. Only what lies near a shape is computed.
RgbImage DrawScene(const Scene& scene, const Window& window);

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_DATA_SCENE_DRAWING_H_
