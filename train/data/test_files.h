// Small files for tests of this folder.
#ifndef UNCLIP_TRAIN_DATA_TEST_FILES_H_
#define UNCLIP_TRAIN_DATA_TEST_FILES_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/image/image_codec.h"
#include "common/image/rgb_image.h"

namespace unclip::train {

// A new empty folder of the running test's own.
inline std::string MakeTestDir() {
  const auto* const test = testing::UnitTest::GetInstance()->current_test_info();
  const std::filesystem::path dir =
      std::filesystem::path(testing::TempDir()) / absl::StrCat(test->test_suite_name(), ".", test->name());
  std::filesystem::remove_all(dir);
  std::filesystem::create_directories(dir);
  return std::filesystem::canonical(dir).string();
}

// Writes `bytes` to `path`, making its folders; returns `path`.
inline std::string WriteTestFile(const std::string& path, absl::string_view bytes) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  EXPECT_TRUE(file.good()) << path;
  return path;
}

// A file of a picture whose pixels are (10 x, 10 y, blue).
inline std::string PictureBytes(int width, int height, uint8_t blue = 0, ImageEncoding encoding = ImageEncoding::kPng) {
  RgbImage image{.width = width, .height = height, .pixels = {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      image.pixels.push_back(static_cast<uint8_t>(10 * x));
      image.pixels.push_back(static_cast<uint8_t>(10 * y));
      image.pixels.push_back(blue);
    }
  }
  const auto bytes = EncodeImage(image, encoding);
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  return bytes.ok() ? *bytes : "";
}

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_DATA_TEST_FILES_H_
