#include "services/clip/image_preprocessor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "base/status_matchers.h"

namespace unclip::clip {
namespace {

using testing::HasSubstr;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

// The same as test_picture() in testdata/make_preprocessor_cases.py.
RgbImage TestPicture(int width, int height) {
  RgbImage image{.width = width, .height = height, .pixels = {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c) {
        image.pixels.push_back(static_cast<uint8_t>(x * 73 + y * 151 + c * 199 + x * y * 31 + (x / 3) * (y / 2) * 57));
      }
    }
  }
  return image;
}

absl::StatusOr<ImagePreprocessor> Load(const std::string& config) {
  const std::string dir = absl::StrCat(testing::TempDir(), "/", testing::UnitTest::GetInstance()->current_test_info()->name());
  std::filesystem::create_directories(dir);
  std::ofstream(dir + "/preprocessor_config.json") << config;
  return ImagePreprocessor::Load(dir);
}

TEST(ImagePreprocessorTest, EqualsTheReference) {
  std::ifstream file("services/clip/testdata/preprocessor-cases.json");
  const nlohmann::json cases = nlohmann::json::parse(file, nullptr, /*allow_exceptions=*/false);
  ASSERT_EQ(cases.size(), 35);
  for (const nlohmann::json& test_case : cases) {
    SCOPED_TRACE(test_case["config"].dump() + test_case["picture"].dump());
    ASSERT_OK_AND_ASSIGN(const ImagePreprocessor preprocessor, Load(test_case["config"].dump()));
    EXPECT_EQ(preprocessor.height(), test_case["shape"][1]);
    EXPECT_EQ(preprocessor.width(), test_case["shape"][2]);
    ASSERT_OK_AND_ASSIGN(const std::vector<float> values,
                         preprocessor.Process(TestPicture(test_case["picture"][0], test_case["picture"][1])));
    EXPECT_EQ(values, test_case["values"].get<std::vector<float>>());
  }
}

TEST(ImagePreprocessorTest, DefaultsAreTheReferences) {
  ASSERT_OK_AND_ASSIGN(const ImagePreprocessor preprocessor, Load("{}"));
  EXPECT_EQ(preprocessor.width(), 224);
  EXPECT_EQ(preprocessor.height(), 224);
}

TEST(ImagePreprocessorTest, IgnoresNotesAndConversionToRgb) {
  EXPECT_OK(Load(R"({"_valid_processor_keys": ["images"], "do_convert_rgb": true, "processor_class": "CLIPProcessor"})"));
}

TEST(ImagePreprocessorTest, RefusesOptionsByName) {
  const std::pair<const char*, const char*> kCases[] = {
      {R"({"resample": 0})", "resample"},
      {R"({"resample": 4})", "resample"},
      {R"({"resample": "bicubic"})", "resample"},
      {R"({"size": {"shortest_edge": 8, "longest_edge": 9}})", "size.longest_edge"},
      {R"({"size": {"height": 8}})", "size.width"},
      {R"({"size": 0})", "size"},
      {R"({"size": {"shortest_edge": 100000}})", "size.shortest_edge"},
      {R"({"size": [224, 224]})", "size"},
      {R"({"crop_size": {"height": -1, "width": 8}})", "crop_size.height"},
      {R"({"do_center_crop": false})", "do_center_crop"},
      {R"({"do_center_crop": false, "do_resize": false, "size": {"height": 8, "width": 8}})", "do_center_crop"},
      {R"({"image_mean": [0.5, 0.5]})", "image_mean"},
      {R"({"image_mean": 0.5})", "image_mean"},
      {R"({"image_std": [0.5, 0, 0.5]})", "image_std"},
      {R"({"rescale_factor": -1})", "rescale_factor"},
      {R"({"image_processor_type": "ViTImageProcessor"})", "image_processor_type"},
      {R"({"do_pad": true})", "do_pad"},
      {R"({"do_resize": 1})", "do_resize"},
      {"[]", "preprocessor_config.json"},
      {"{", "preprocessor_config.json"},
  };
  for (const auto& [config, problem] : kCases) {
    SCOPED_TRACE(config);
    EXPECT_THAT(Load(config), StatusIs(kInvalid, HasSubstr(problem)));
  }
}

TEST(ImagePreprocessorTest, NamesTheMissingFile) {
  EXPECT_THAT(ImagePreprocessor::Load("no/such/folder"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("no/such/folder/preprocessor_config.json")));
}

TEST(ImagePreprocessorTest, RefusesPicturesThatAreNotSound) {
  ASSERT_OK_AND_ASSIGN(const ImagePreprocessor preprocessor, Load("{}"));
  RgbImage image = TestPicture(5, 5);
  image.pixels.pop_back();
  EXPECT_THAT(preprocessor.Process(image), StatusIs(kInvalid, HasSubstr("74 samples")));
  EXPECT_THAT(preprocessor.Process(RgbImage()), StatusIs(kInvalid, HasSubstr("0x0")));
}

TEST(ImagePreprocessorTest, RefusesPicturesThatResizingWouldMakeHuge) {
  ASSERT_OK_AND_ASSIGN(const ImagePreprocessor preprocessor, Load("{}"));
  EXPECT_THAT(preprocessor.Process(TestPicture(1, 10'000)), StatusIs(kInvalid, HasSubstr("224x2240000")));
  EXPECT_OK(preprocessor.Process(TestPicture(1, 100)));
}

}  // namespace
}  // namespace unclip::clip
