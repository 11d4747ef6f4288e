// Several pictures as one.
#ifndef UNCLIP_TRAIN_PICTURE_GRID_H_
#define UNCLIP_TRAIN_PICTURE_GRID_H_

#include <vector>

#include "common/image/rgb_image.h"

namespace unclip::train {

// `pictures`, all of one size, row by row from the top left, about as many rows as columns, with a thin white line between them.
// What is left over is white; without pictures, a single white pixel.
RgbImage PictureGrid(const std::vector<RgbImage>& pictures);

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_PICTURE_GRID_H_
