#include "gateway/http/store/image_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/fake_clock.h"
#include "base/status_matchers.h"

namespace unclip::gateway {
namespace {

using ::testing::HasSubstr;

constexpr common::v1::ImageFormat kPng = common::v1::IMAGE_FORMAT_PNG;
constexpr absl::StatusCode kNotFound = absl::StatusCode::kNotFound;

class ImageStoreTest : public testing::Test {
 protected:
  std::unique_ptr<ImageStore> Make(const ImageStoreOptions& options = {}) {
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

  FakeClock clock_;
};

TEST_F(ImageStoreTest, GivesBackWhatWasPut) {
  const std::unique_ptr<ImageStore> store = Make();
  ASSERT_OK_AND_ASSIGN(const std::string name, store->Put(common::v1::IMAGE_FORMAT_WEBP, std::string("a\0b", 3)));
  ASSERT_OK_AND_ASSIGN(const StoredImage image, store->Get(name));
  EXPECT_EQ(*image.bytes, std::string("a\0b", 3));
  EXPECT_EQ(image.content_type, "image/webp");
}

TEST_F(ImageStoreTest, TheSamePictureTwiceHasTwoNames) {
  const std::unique_ptr<ImageStore> store = Make();
  EXPECT_NE(Put(*store, "a"), Put(*store, "a"));
}

TEST_F(ImageStoreTest, KnowsNoOtherNames) {
  const std::unique_ptr<ImageStore> store = Make();
  const std::string name = Put(*store, "a");
  for (const std::string& other : {std::string(""), std::string("../etc/passwd"), absl::StrCat(std::string(24, 'a'), ".png"),
                                   absl::StrCat(name.substr(0, 24), ".jpg"), name.substr(0, 24)}) {
    EXPECT_THAT(store->Get(other), StatusIs(kNotFound, HasSubstr("no such picture"))) << other;
  }
}

TEST_F(ImageStoreTest, RefusesAFormatThatIsNoFile) {
  EXPECT_THAT(Make()->Put(common::v1::IMAGE_FORMAT_RGB8, "a"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("must be PNG, JPEG or WebP")));
}

TEST_F(ImageStoreTest, PicturesExpire) {
  const std::unique_ptr<ImageStore> store = Make({.lifetime = absl::Minutes(60)});
  const std::string first = Put(*store, "a");
  clock_.Advance(absl::Minutes(30));
  const std::string second = Put(*store, "b");
  clock_.Advance(absl::Minutes(30) - absl::Nanoseconds(1));
  EXPECT_EQ(BytesOf(*store, first), "a");
  clock_.Advance(absl::Nanoseconds(1));
  EXPECT_THAT(store->Get(first), StatusIs(kNotFound, HasSubstr("no such picture")));
  EXPECT_EQ(BytesOf(*store, second), "b");
  EXPECT_EQ(store->count(), 1u);
  EXPECT_EQ(store->bytes(), 1);
}

TEST_F(ImageStoreTest, TheOldestMakesRoomForBytes) {
  const std::unique_ptr<ImageStore> store = Make({.max_bytes = 10});
  const std::string first = Put(*store, "aaaa");
  const std::string second = Put(*store, "bbbb");
  const std::string third = Put(*store, "ccc");
  EXPECT_THAT(store->Get(first), StatusIs(kNotFound, HasSubstr("no such picture")));
  EXPECT_EQ(BytesOf(*store, second), "bbbb");
  EXPECT_EQ(store->bytes(), 7);
  const std::string fourth = Put(*store, std::string(10, 'd'));
  EXPECT_EQ(store->count(), 1u);
  EXPECT_EQ(BytesOf(*store, fourth), std::string(10, 'd'));
}

TEST_F(ImageStoreTest, TheOldestMakesRoomForCount) {
  const std::unique_ptr<ImageStore> store = Make({.max_count = 2});
  const std::string first = Put(*store, "a");
  const std::string second = Put(*store, "b");
  const std::string third = Put(*store, "c");
  EXPECT_THAT(store->Get(first), StatusIs(kNotFound, HasSubstr("no such picture")));
  EXPECT_EQ(BytesOf(*store, second), "b");
  EXPECT_EQ(BytesOf(*store, third), "c");
}

TEST_F(ImageStoreTest, LeavesTheRestAloneForWhatCannotFit) {
  const std::unique_ptr<ImageStore> store = Make({.max_bytes = 10});
  const std::string name = Put(*store, "a");
  EXPECT_THAT(store->Put(kPng, std::string(11, 'x')), StatusIs(absl::StatusCode::kInternal, HasSubstr("11 bytes does not fit")));
  EXPECT_EQ(BytesOf(*store, name), "a");
}

TEST_F(ImageStoreTest, WhatWasGottenOutlivesItsEviction) {
  const std::unique_ptr<ImageStore> store = Make({.max_count = 1});
  ASSERT_OK_AND_ASSIGN(const StoredImage image, store->Get(Put(*store, "a")));
  Put(*store, "b");
  EXPECT_EQ(*image.bytes, "a");
}

TEST_F(ImageStoreTest, ServesManyThreadsAtATime) {
  const std::unique_ptr<ImageStore> store = Make({.max_count = 20});
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&store, i] {
      for (int j = 0; j < 100; ++j) {
        const std::string bytes = absl::StrCat(i, " ", j);
        const std::string name = Put(*store, bytes);
        const absl::StatusOr<StoredImage> image = store->Get(name);
        EXPECT_EQ(image.ok() ? *image->bytes : bytes, bytes);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(store->count(), 20u);
}

}  // namespace
}  // namespace unclip::gateway
