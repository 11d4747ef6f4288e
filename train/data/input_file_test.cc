#include "train/data/input_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "base/status_matchers.h"
#include "train/data/test_files.h"

namespace unclip::train {
namespace {

using testing::HasSubstr;

TEST(InputFileTest, ReadsParts) {
  ASSERT_OK_AND_ASSIGN(const auto file, InputFile::Open(WriteTestFile(MakeTestDir() + "/f", "0123456789")));
  EXPECT_EQ(file->size(), 10);
  ASSERT_OK_AND_ASSIGN(const std::string part, file->Read(3, 4, 4));
  EXPECT_EQ(part, "3456");
  ASSERT_OK_AND_ASSIGN(const std::string nothing, file->Read(10, 0, 4));
  EXPECT_EQ(nothing, "");
}

TEST(InputFileTest, RefusesPartsThatAreTooLongBeforeReadingThem) {
  ASSERT_OK_AND_ASSIGN(const auto file, InputFile::Open(WriteTestFile(MakeTestDir() + "/f", "0123456789")));
  EXPECT_THAT(file->Read(0, 10, 9),
              StatusIs(absl::StatusCode::kInvalidArgument, "is 10 bytes long; at most 9 bytes are accepted"));
  EXPECT_THAT(file->Read(0, int64_t{1} << 60, 9), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("at most 9")));
}

TEST(InputFileTest, SaysWhatIsMissingOfAFileThatWasCutSinceItWasOpened) {
  const std::string path = WriteTestFile(MakeTestDir() + "/f", "0123456789");
  ASSERT_OK_AND_ASSIGN(const auto file, InputFile::Open(path));
  std::filesystem::resize_file(path, 6);
  EXPECT_THAT(file->Read(3, 5, 100), StatusIs(absl::StatusCode::kDataLoss, "was cut short: there is no byte 6"));
}

TEST(InputFileTest, OpensRegularFilesOnly) {
  const std::string dir = MakeTestDir();
  EXPECT_THAT(InputFile::Open(dir + "/none"), StatusIs(absl::StatusCode::kNotFound, "no such file"));
  EXPECT_THAT(InputFile::Open(WriteTestFile(dir + "/f", "") + "/g"), StatusIs(absl::StatusCode::kNotFound, "no such file"));
  EXPECT_THAT(InputFile::Open(dir), StatusIs(absl::StatusCode::kInvalidArgument, "is not a regular file"));
  ASSERT_EQ(mkfifo((dir + "/pipe").c_str(), 0600), 0);
  EXPECT_THAT(InputFile::Open(dir + "/pipe"), StatusIs(absl::StatusCode::kInvalidArgument, "is not a regular file"));
}

TEST(NamedErrorTest, KeepsTheCode) {
  EXPECT_THAT(NamedError("f", absl::DataLossError("is short")), StatusIs(absl::StatusCode::kDataLoss, "f: is short"));
}

}  // namespace
}  // namespace unclip::train
