// Files of pictures for tests: what the project's own encoder does not write.
#ifndef UNCLIP_GATEWAY_TESTING_PICTURE_FILE_H_
#define UNCLIP_GATEWAY_TESTING_PICTURE_FILE_H_

#include <array>
#include <cstdint>
#include <functional>
#include <string>

namespace unclip::gateway {

// R, G, B and alpha of the pixel at (x, y).
using PixelFunction = std::function<std::array<uint8_t, 4>(int x, int y)>;

// A PNG with an alpha channel.
std::string RgbaPng(int width, int height, const PixelFunction& pixel);

// A PNG without one.
std::string RgbPng(int width, int height, const PixelFunction& pixel);

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_TESTING_PICTURE_FILE_H_
