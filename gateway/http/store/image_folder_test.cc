// The folder, and the store on top of it.
#include "gateway/http/store/image_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/fake_clock.h"
#include "base/status_matchers.h"
#include "gateway/http/store/image_store.h"

namespace unclip::gateway {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr common::v1::ImageFormat kPng = common::v1::IMAGE_FORMAT_PNG;
constexpr absl::StatusCode kNotFound = absl::StatusCode::kNotFound;

class ImageFolderTest : public testing::Test {
 protected:
  ImageFolderTest() { std::filesystem::remove_all(path_); }
  ~ImageFolderTest() override { std::filesystem::remove_all(path_); }

  std::unique_ptr<ImageStore> Make(ImageStoreOptions options = {}) {
    options.folder = path_.string();
    absl::StatusOr<std::unique_ptr<ImageStore>> store = ImageStore::Create(options, &clock_);
    EXPECT_OK(store);
    return *std::move(store);
  }

  static std::string Put(ImageStore& store, std::string bytes) {
    const absl::StatusOr<std::string> name = store.Put(kPng, std::move(bytes));
    EXPECT_OK(name);
    return name.value_or("");
  }

  static std::string BytesOf(ImageStore& store, const std::string& name) {
    const absl::StatusOr<StoredImage> image = store.Get(name);
    return image.ok() ? *image->bytes : image.status().ToString();
  }

  void WriteFile(const std::string& name, const std::string& bytes) const { std::ofstream(path_ / name) << bytes; }

  // As if it had been written so long ago.
  void MakeOlder(const std::string& name, std::chrono::minutes age) const {
    std::filesystem::last_write_time(path_ / name, std::filesystem::last_write_time(path_ / name) - age);
  }

  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) names.push_back(entry.path().filename().string());
    return names;
  }

  const std::filesystem::path path_ =
      std::filesystem::path(testing::TempDir()) /
      absl::StrCat("image_folder_test_", testing::UnitTest::GetInstance()->current_test_info()->name());
  const std::string name_ = absl::StrCat(std::string(24, 'a'), ".png");
  FakeClock clock_;
};

TEST_F(ImageFolderTest, GivesBackWhatWasPut) {
  const std::unique_ptr<ImageStore> store = Make();
  const std::string name = Put(*store, std::string("a\0b", 3));
  EXPECT_EQ(BytesOf(*store, name), std::string("a\0b", 3));
  EXPECT_EQ(store->Get(name)->content_type, "image/png");
}

TEST_F(ImageFolderTest, OnlyTheOwnerMayReadAFile) {
  const std::string name = Put(*Make(), "a");
  struct stat info = {};
  ASSERT_EQ(stat((path_ / name).c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_THAT(Names(), SizeIs(1)) << "nothing unfinished is left";
}

TEST_F(ImageFolderTest, FilesGoWhenTheirPicturesDo) {
  const std::unique_ptr<ImageStore> store = Make({.max_count = 1, .lifetime = absl::Minutes(60)});
  const std::string first = Put(*store, "a");
  const std::string second = Put(*store, "b");
  EXPECT_THAT(Names(), testing::ElementsAre(second));
  clock_.Advance(absl::Minutes(60));
  EXPECT_THAT(store->Get(second), StatusIs(kNotFound, HasSubstr("no such picture")));
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(ImageFolderTest, ARestartKeepsPicturesForTheRestOfTheirTime) {
  const std::string name = Put(*Make(), "a");
  MakeOlder(name, std::chrono::minutes(30));
  const std::unique_ptr<ImageStore> store = Make({.lifetime = absl::Minutes(60)});
  EXPECT_EQ(BytesOf(*store, name), "a");
  EXPECT_EQ(store->count(), 1u);
  clock_.Advance(absl::Minutes(31));
  EXPECT_THAT(store->Get(name), StatusIs(kNotFound, HasSubstr("no such picture")));
}

TEST_F(ImageFolderTest, ARestartRemovesWhatExpiredAndWhatNeverEnded) {
  const std::unique_ptr<ImageStore> first = Make();
  const std::string old = Put(*first, "a");
  MakeOlder(old, std::chrono::minutes(61));
  WriteFile(absl::StrCat(name_, ".unfinished"), "half a pict");
  MakeOlder(absl::StrCat(name_, ".unfinished"), std::chrono::minutes(61));
  WriteFile("notes.txt", "not ours");
  MakeOlder("notes.txt", std::chrono::minutes(1000));
  const std::unique_ptr<ImageStore> second = Make({.lifetime = absl::Minutes(60)});
  EXPECT_THAT(Names(), testing::ElementsAre("notes.txt"));
  EXPECT_EQ(second->count(), 0u);
}

TEST_F(ImageFolderTest, ARestartKeepsTheBounds) {
  {
    const std::unique_ptr<ImageStore> store = Make();
    for (int i = 0; i < 5; ++i) MakeOlder(Put(*store, "a"), std::chrono::minutes(i));
  }
  const std::unique_ptr<ImageStore> store = Make({.max_count = 2});
  EXPECT_EQ(store->count(), 2u);
  EXPECT_THAT(Names(), SizeIs(2));
}

TEST_F(ImageFolderTest, ProcessesThatShareItFindEachOthersPictures) {
  const std::unique_ptr<ImageStore> one = Make({.lifetime = absl::Minutes(60)});
  const std::unique_ptr<ImageStore> other = Make({.lifetime = absl::Minutes(60)});
  const std::string name = Put(*one, "a");
  EXPECT_EQ(BytesOf(*other, name), "a");
  MakeOlder(name, std::chrono::minutes(60));
  EXPECT_THAT(other->Get(name), StatusIs(kNotFound, HasSubstr("no such picture")));
}

TEST_F(ImageFolderTest, FollowsNoLinks) {
  const std::unique_ptr<ImageStore> store = Make();
  WriteFile("secret", "secret");
  std::filesystem::create_symlink(path_ / "secret", path_ / name_);
  EXPECT_THAT(store->Get(name_), StatusIs(kNotFound, HasSubstr("no such picture")));
  ASSERT_OK_AND_ASSIGN(const ImageFolder folder, ImageFolder::Open(path_.string()));
  EXPECT_FALSE(folder.Read(name_).ok());
  EXPECT_THAT(folder.List().value(), IsEmpty());
}

TEST_F(ImageFolderTest, TakesNoPathForAName) {
  ASSERT_OK_AND_ASSIGN(const ImageFolder folder, ImageFolder::Open((path_ / "inner").string()));
  WriteFile("outside", "secret");
  EXPECT_THAT(folder.Read("../outside"), StatusIs(kNotFound, HasSubstr("no such picture")));
  EXPECT_THAT(folder.Write("../other", "x"), StatusIs(absl::StatusCode::kInternal, HasSubstr("not a picture's")));
  folder.Remove("../outside");
  EXPECT_TRUE(std::filesystem::exists(path_ / "outside"));
}

TEST_F(ImageFolderTest, RefusesAFolderThatCannotBe) {
  std::filesystem::create_directories(path_);
  WriteFile("file", "");
  EXPECT_THAT(ImageStore::Create({.folder = (path_ / "file" / "store").string()}, &clock_),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("cannot make the image store")));
}

TEST_F(ImageFolderTest, SaysWhenADiskFails) {
  const std::unique_ptr<ImageStore> store = Make();
  std::filesystem::remove_all(path_);
  EXPECT_THAT(store->Put(kPng, "a"), StatusIs(absl::StatusCode::kInternal, HasSubstr("the image store cannot begin a picture")));
  EXPECT_EQ(store->count(), 0u);
}

}  // namespace
}  // namespace unclip::gateway
