#include "train/data_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "base/atomic_file.h"
#include "base/status_matchers.h"
#include "common/image/image_codec.h"

namespace unclip::train {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

// A folder with so many pictures, each of one gray.
std::string FolderOf(int count) {
  const fs::path dir = fs::path(::testing::TempDir()) / ::testing::UnitTest::GetInstance()->current_test_info()->name();
  fs::remove_all(dir);
  fs::create_directories(dir);
  for (int i = 0; i < count; ++i) {
    const RgbImage image = {.width = 2, .height = 2, .pixels = std::vector<uint8_t>(12, static_cast<uint8_t>(i))};
    EXPECT_OK(
        WriteFileAtomically((dir / (std::to_string(i) + ".png")).string(), EncodeImage(image, ImageEncoding::kPng).value()));
  }
  return dir.string();
}

DataSourceOptions Shapes(uint64_t seed) {
  DataSourceOptions options;
  options.seed = seed;
  return options;
}

int GrayAt(const Dataset& data, int64_t index) {
  absl::StatusOr<Example> example = data.Read(index, 0, {.size = 2, .side = 2, .x = 0, .y = 0});
  return example.ok() ? example->image.pixels[0] : -1;
}

TEST(DataSourceTest, HoldsTheFirstExamplesOfAFolderBack) {
  DataSourceOptions options = {.kind = DataSourceOptions::Kind::kFolder, .path = FolderOf(5), .held_out = 2};
  ASSERT_OK_AND_ASSIGN(const auto source, DataSource::Open(options));
  EXPECT_EQ(source->training().size(), 3);
  EXPECT_EQ(source->held_out().data.size(), 2);
  EXPECT_EQ(GrayAt(source->held_out().data, 1), 1);
  EXPECT_EQ(GrayAt(source->training(), 0), 2);
  EXPECT_EQ(source->held_out().judge, nullptr);
}

TEST(DataSourceTest, RefusesToHoldAllBack) {
  DataSourceOptions options = {.kind = DataSourceOptions::Kind::kFolder, .path = FolderOf(2), .held_out = 2};
  EXPECT_THAT(DataSource::Open(options).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("option \"data.held_out\" = 2")));
}

TEST(DataSourceTest, JudgesTheShapesWorld) {
  ASSERT_OK_AND_ASSIGN(const auto source, DataSource::Open(Shapes(3)));
  const HeldOut held_out = source->held_out();
  std::vector<RgbImage> truth, gray;
  for (int64_t i = 0; i < 20; ++i) {
    ASSERT_OK_AND_ASSIGN(Example example, held_out.data.Read(i, 0, {.size = 64, .side = 64, .x = 0, .y = 0}));
    gray.push_back({.width = 64, .height = 64, .pixels = std::vector<uint8_t>(example.image.pixels.size(), 128)});
    truth.push_back(std::move(example.image));
  }
  EXPECT_EQ(held_out.judge(truth).back().first, "all");
  EXPECT_GT(held_out.judge(truth).back().second, 0.9);
  EXPECT_EQ(held_out.judge(gray).back().second, 0);
}

TEST(DataSourceTest, TrainsOnOtherScenesThanItHoldsOut) {
  ASSERT_OK_AND_ASSIGN(const auto source, DataSource::Open(Shapes(3)));
  int equal = 0;
  for (int64_t i = 0; i < 20; ++i) equal += source->training().Name(i) == source->held_out().data.Name(i) ? 1 : 0;
  EXPECT_LT(equal, 3);
}

}  // namespace
}  // namespace unclip::train
