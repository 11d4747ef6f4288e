#include "train/data/shard_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/status_matchers.h"
#include "train/data/test_files.h"

namespace unclip::train {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(ShardNamesTest, AFolderMeansItsTarFilesInOrder) {
  const std::string dir = MakeTestDir();
  for (const char* const name : {"b.tar", "a.tar", "c.tar.gz", "notes.txt", "below/d.tar"}) WriteTestFile(dir + "/" + name, "");
  ASSERT_OK_AND_ASSIGN(const auto names, ShardNames(dir));
  EXPECT_THAT(names, ElementsAre(dir + "/a.tar", dir + "/b.tar"));
}

TEST(ShardNamesTest, ARangeKeepsTheLengthOfItsFirstNumber) {
  ASSERT_OK_AND_ASSIGN(const auto padded, ShardNames("d/s-{008..011}.tar"));
  EXPECT_THAT(padded, ElementsAre("d/s-008.tar", "d/s-009.tar", "d/s-010.tar", "d/s-011.tar"));
  ASSERT_OK_AND_ASSIGN(const auto bare, ShardNames("{9..10}"));
  EXPECT_THAT(bare, ElementsAre("9", "10"));
  ASSERT_OK_AND_ASSIGN(const auto zero, ShardNames("s{0..0}"));
  EXPECT_THAT(zero, ElementsAre("s0"));
}

TEST(ShardNamesTest, AnotherNameMeansThatFile) {
  ASSERT_OK_AND_ASSIGN(const auto names, ShardNames("d/one.tar"));
  EXPECT_THAT(names, ElementsAre("d/one.tar"));
  const std::string odd = WriteTestFile(MakeTestDir() + "/{odd}.tar", "");
  ASSERT_OK_AND_ASSIGN(const auto same, ShardNames(odd));
  EXPECT_THAT(same, ElementsAre(odd));
}

TEST(ShardNamesTest, RefusesBracesWithoutARange) {
  for (const char* const pattern : {"{", "{}", "{1}", "{1..}", "{..2}", "{1..2", "{a..c}", "{1,2}", "{-1..2}", "{1..2..3}",
                                    "{1..2}{3..4}", "{1..2}}", "{1..9999999999}", "{ 1..2}"}) {
    EXPECT_THAT(ShardNames(pattern), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("one range of numbers"))) << pattern;
  }
}

TEST(ShardNamesTest, RefusesRangesThatGoDownOrOnForLong) {
  for (const char* const pattern : {"{2..1}", "{0..100000}", "{000..999999999}"}) {
    EXPECT_THAT(ShardNames(pattern), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("at most 100000"))) << pattern;
  }
}

TEST(ShardNamesTest, AFolderWithoutTarFilesIsNotFound) {
  EXPECT_THAT(ShardNames(MakeTestDir()), StatusIs(absl::StatusCode::kNotFound, HasSubstr("holds no .tar file")));
}

}  // namespace
}  // namespace unclip::train
