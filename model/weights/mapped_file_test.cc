#include "model/weights/mapped_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "base/status_matchers.h"
#include "model/weights/resident_pages.h"
#include "model/weights/test_files.h"

namespace unclip::model {
namespace {

using testing::HasSubstr;

TEST(MappedFileTest, MapsTheWholeFile) {
  const std::string path = WriteTestFile(MakeTestDir() + "/file", "hello");
  ASSERT_OK_AND_ASSIGN(const auto file, MappedFile::Open(path));
  EXPECT_EQ(file->path(), path);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size()), "hello");
}

TEST(MappedFileTest, MapsAnEmptyFile) {
  ASSERT_OK_AND_ASSIGN(const auto file, MappedFile::Open(WriteTestFile(MakeTestDir() + "/file", "")));
  EXPECT_TRUE(file->bytes().empty());
}

TEST(MappedFileTest, NamesWhatCannotBeOpened) {
  const std::string dir = MakeTestDir();
  EXPECT_THAT(MappedFile::Open(dir + "/none"), StatusIs(absl::StatusCode::kNotFound, HasSubstr(dir + "/none: no such file")));
  EXPECT_THAT(MappedFile::Open(dir), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("not a regular file")));
  const std::string file = WriteTestFile(dir + "/file", "x");
  EXPECT_THAT(MappedFile::Open(file + "/inside"), StatusIs(absl::StatusCode::kNotFound, HasSubstr("no such file")));
}

TEST(MappedFileTest, DropsWholePagesInsideARange) {
  const size_t page_size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  ASSERT_OK_AND_ASSIGN(const auto file,
                       MappedFile::Open(WriteTestFile(MakeTestDir() + "/file", std::string(8 * page_size, 'x'))));
  const auto touch = [&] {
    int64_t sum = 0;
    for (const std::byte byte : file->bytes()) sum += std::to_integer<int64_t>(byte);
    EXPECT_EQ(sum, static_cast<int64_t>(8 * page_size) * 'x');
  };
  touch();
  ASSERT_EQ(ResidentPages(file->bytes()), 8);
  DropPages(file->bytes().subspan(1, page_size - 1));  // no whole page
  DropPages(file->bytes().subspan(0, 0));
  EXPECT_EQ(ResidentPages(file->bytes()), 8);
  DropPages(file->bytes().subspan(page_size - 1, 4 * page_size));  // three whole pages
  EXPECT_EQ(ResidentPages(file->bytes()), 5);
  touch();  // and they can be read again
}

}  // namespace
}  // namespace unclip::model
