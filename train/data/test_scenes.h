// Scenes as the Python of tests/world writes them, for tests.
#ifndef UNCLIP_TRAIN_DATA_TEST_SCENES_H_
#define UNCLIP_TRAIN_DATA_TEST_SCENES_H_

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/escaping.h"
#include "common/image/image_codec.h"
#include "common/image/rgb_image.h"
#include "train/data/scene.h"

namespace unclip::train {

inline nlohmann::json ReadCases(const std::string& path) {
  std::ifstream file(path);
  return nlohmann::json::parse(file, nullptr, /*allow_exceptions=*/false);
}

// The one of `count` values that is called `name`.
template <typename Enum>
Enum ValueNamed(const std::string& name, int count) {
  for (int i = 0; i < count; ++i) {
    if (NameOf(static_cast<Enum>(i)) == name) return static_cast<Enum>(i);
  }
  ADD_FAILURE() << "nothing is called " << name;
  return Enum();
}

inline Scene SceneFromJson(const nlohmann::json& json) {
  Scene scene;
  scene.background = ValueNamed<Background>(json["bg"], kBackgroundCount);
  if (json.contains("rel")) scene.relation = ValueNamed<Relation>(json["rel"], kRelationCount);
  for (const nlohmann::json& object : json["objs"]) {
    scene.objects.push_back({.shape = ValueNamed<Shape>(object["shape"], kShapeCount),
                             .color = ValueNamed<ShapeColor>(object["color"], kShapeColorCount),
                             .large = object["size"] == "large",
                             .x = object.value("x", 0.5),
                             .y = object.value("y", 0.5),
                             .radius = object.value("r", 0.2)});
  }
  return scene;
}

// The picture in a Base64-coded file.
inline RgbImage ImageFromJson(const nlohmann::json& json) {
  std::string bytes;
  EXPECT_TRUE(absl::Base64Unescape(json.get<std::string>(), &bytes));
  auto image = DecodeImage(bytes);
  EXPECT_TRUE(image.ok()) << image.status();
  return image.ok() ? *image : RgbImage();
}

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_DATA_TEST_SCENES_H_
