#include "train/data/tar_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_matchers.h"
#include "train/data/random.h"
#include "train/data/test_files.h"
#include "train/data/test_tars.h"

namespace unclip::train {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

constexpr auto kDataLoss = absl::StatusCode::kDataLoss;

absl::StatusOr<std::vector<TarMember>> List(const std::string& path) {
  ASSIGN_OR_RETURN(const auto file, InputFile::Open(path));
  return ListTarMembers(*file);
}

// The names and contents of the members of a tar file of these bytes.
absl::StatusOr<std::vector<std::pair<std::string, std::string>>> Contents(absl::string_view bytes) {
  const std::string path = WriteTestFile(MakeTestDir() + "/t.tar", bytes);
  ASSIGN_OR_RETURN(const auto members, List(path));
  std::vector<std::pair<std::string, std::string>> contents;
  for (const TarMember& member : members) contents.emplace_back(member.name, bytes.substr(member.offset, member.size));
  return contents;
}

std::string Pax(absl::string_view records) { return TarMemberBytes("PaxHeaders/a", records, 'x'); }

TEST(TarIndexTest, KnowsTheFormatsThatPythonWrites) {
  const std::string folder = "a-folder-with-a-long-name/";
  for (const char* const format : {"ustar", "gnu", "pax"}) {
    SCOPED_TRACE(format);
    ASSERT_OK_AND_ASSIGN(const auto members, List(absl::StrCat("train/data/testdata/", format, ".tar")));
    std::vector<std::string> names;
    for (const TarMember& member : members) names.push_back(member.name);
    EXPECT_THAT(names, ElementsAre("000.png", "000.txt", "below/001.cls", "below/001.png", "below/001.json",
                                   folder + folder + folder + folder + folder + "002.png"));
    EXPECT_EQ(members[2].size, 1);
    EXPECT_EQ(members[2].offset % 512, 0);
  }
}

TEST(TarIndexTest, AnEmptyTarHasNoMembers) {
  ASSERT_OK_AND_ASSIGN(const auto contents, Contents(TarEnd()));
  EXPECT_THAT(contents, IsEmpty());
}

TEST(TarIndexTest, FindsWhereDataLies) {
  const std::string long_data(513, 'x');
  const std::string bytes = TarMemberBytes("a", "first") + TarMemberBytes("b", "") + TarMemberBytes("c", long_data, '\0') +
                            TarMemberBytes("d", "last", '7') + TarEnd() + "whatever comes behind the end";
  ASSERT_OK_AND_ASSIGN(const auto contents, Contents(bytes));
  EXPECT_THAT(contents, ElementsAre(Pair("a", "first"), Pair("b", ""), Pair("c", long_data), Pair("d", "last")));
}

TEST(TarIndexTest, LeavesOutWhatIsNoRegularFile) {
  std::string bytes;
  for (const char type : {'1', '2', '3', '4', '5', '6'}) bytes += TarHeaderOf("no data", "00000000017", type);
  for (const char type : {'K', 'g', 'V', 'Z'}) bytes += TarMemberBytes("data", "12 comment=\n", type);
  ASSERT_OK_AND_ASSIGN(const auto contents, Contents(bytes + TarMemberBytes("a", "data") + TarEnd()));
  EXPECT_THAT(contents, ElementsAre(Pair("a", "data")));
}

TEST(TarIndexTest, ReadsNumbersAsTheyAreWrittenAnywhere) {
  for (const std::string& three :
       std::vector<std::string>{"00000000003", "3", "  3 ", "          3", "000000000003", Bytes("\x80\0\0\0\0\0\0\0\0\0\0\3")}) {
    ASSERT_OK_AND_ASSIGN(const auto contents, Contents(TarHeaderOf("a", three, '0') + InBlocks("xyz") + TarEnd()));
    EXPECT_THAT(contents, ElementsAre(Pair("a", "xyz")));
  }
}

TEST(TarIndexTest, TakesThePrefixOfPosixOnly) {
  std::string posix = TarMemberBytes("name", "");
  posix.replace(345, 6, "folder");
  std::string gnu = posix;
  gnu.replace(257, 8, Bytes("ustar  \0"));
  std::string old = posix;
  old.replace(257, 8, 8, '\0');
  ASSERT_OK_AND_ASSIGN(const auto contents, Contents(WithChecksum(posix) + WithChecksum(gnu) + WithChecksum(old) + TarEnd()));
  EXPECT_THAT(contents, ElementsAre(Pair("folder/name", ""), Pair("name", ""), Pair("name", "")));
}

TEST(TarIndexTest, AHeaderDescribesTheNextMemberOnly) {
  const std::string twenty(20, 'x');
  ASSERT_OK_AND_ASSIGN(const auto contents,
                       Contents(TarMemberBytes("L", Bytes("long\0"), 'L') + TarMemberBytes("a", "1") + TarMemberBytes("b", "2") +
                                Pax("11 path=p1\n11 size=20\n13 mtime=1.5\n") + TarHeaderOf("c", "0", '0') + InBlocks(twenty) +
                                TarMemberBytes("d", "4") + TarEnd()));
  EXPECT_THAT(contents, ElementsAre(Pair("long", "1"), Pair("b", "2"), Pair("p1", twenty), Pair("d", "4")));
}

TEST(TarIndexTest, RefusesWhatIsNoTarFile) {
  EXPECT_THAT(Contents(""), StatusIs(kDataLoss, HasSubstr("ends at byte 0")));
  EXPECT_THAT(Contents("short"), StatusIs(kDataLoss, HasSubstr("ends at byte 5")));
  EXPECT_THAT(Contents(std::string(2000, 'a')), StatusIs(kDataLoss, HasSubstr("header at byte 0 has a wrong checksum")));
  std::string wrong = TarMemberBytes("a", "") + TarMemberBytes("b", "") + TarEnd();
  wrong[512] ^= 1;
  EXPECT_THAT(Contents(wrong), StatusIs(kDataLoss, HasSubstr("header at byte 512 has a wrong checksum")));
}

TEST(TarIndexTest, RefusesFilesThatAreCutShortAnywhere) {
  const std::string bytes = TarMemberBytes("L", "long", 'L') + TarMemberBytes("a", std::string(600, 'x')) + Pax("11 path=p1\n") +
                            TarMemberBytes("b", "2");
  for (size_t size = 0; size < bytes.size(); size += 100) {
    EXPECT_THAT(Contents(bytes.substr(0, size)), StatusIs(kDataLoss, HasSubstr("cut short"))) << size;
  }
  EXPECT_THAT(Contents(bytes), StatusIs(kDataLoss, HasSubstr("without the block of zeros")));
  EXPECT_OK(Contents(bytes + TarEnd().substr(0, 512)));
}

TEST(TarIndexTest, RefusesSizesThatCannotBe) {
  for (const absl::string_view size : {"-1", "8", "0x3", "1a"}) {
    EXPECT_THAT(Contents(TarHeaderOf("a", size, '0') + TarEnd()), StatusIs(kDataLoss, HasSubstr("size that is no number")))
        << size;
  }
  for (const std::string& size :
       {Bytes("\x80\0\0\0\x80\0\0\0\0\0\0\0"), Bytes("\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
        Bytes("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff")}) {
    EXPECT_THAT(Contents(TarHeaderOf("a", size, '0') + TarEnd()), StatusIs(kDataLoss, HasSubstr("size that is no number")));
  }
  for (const std::string& size :
       std::vector<std::string>{"777777777777", "2001", Bytes("\x80\0\0\0\0\x7f\xff\xff\xff\xff\xff\xff")}) {
    EXPECT_THAT(
        Contents(TarHeaderOf("b\xff\n", size, '0') + TarEnd()),
        StatusIs(kDataLoss, AllOf(HasSubstr("at byte 0 names a member (b\\xff\\n) of "), HasSubstr("where 1024 are left"))));
  }
}

TEST(TarIndexTest, RefusesBrokenPaxRecords) {
  for (const std::string& records : std::vector<std::string>{
           "x", "11", " path=p\n", "5 a=b\n", "7 a=b\n", "0 a=b\n", "2 a=b\n", "-6 a=b\n", "99999999999 a=b\n", "5 ab\n",
           "10 size=x\n", "11 size=-1\n", "29 size=99999999999999999999\n", Bytes("11 path=\0a\n")}) {
    EXPECT_THAT(Contents(Pax(records) + TarMemberBytes("a", "") + TarEnd()),
                StatusIs(kDataLoss, HasSubstr("header at byte 0 has broken pax records")))
        << records;
  }
  EXPECT_THAT(Contents(Pax("28 size=9223372036854775807\n") + TarMemberBytes("a", "") + TarEnd()),
              StatusIs(kDataLoss, HasSubstr("9223372036854775807 bytes where 1024 are left")));
}

TEST(TarIndexTest, RefusesHugeDescriptions) {
  for (const char type : {'L', 'x'}) {
    EXPECT_THAT(Contents(TarMemberBytes("a", std::string(70'000, 'n'), type) + TarEnd()),
                StatusIs(kDataLoss, HasSubstr("70000 bytes; at most 65536")));
  }
}

TEST(TarIndexTest, RefusesSparseMembers) {
  EXPECT_THAT(Contents(TarMemberBytes("a", "", 'S') + TarEnd()), StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("sparse")));
}

// Whatever the headers say, what is listed lies in the file.
TEST(TarIndexTest, NothingLiesOutsideOfADamagedFile) {
  const std::string sound = TarMemberBytes("L", "long", 'L') + TarMemberBytes("a", std::string(600, 'x')) +
                            Pax("11 path=p1\n11 size=20\n") + TarMemberBytes("b", "2") + TarEnd();
  const std::string dir = MakeTestDir();
  Random random(1);
  int listed = 0;
  for (int round = 0; round < 500; ++round) {
    std::string bytes = sound;
    for (int change = 0; change < 3; ++change) {
      const auto block = static_cast<size_t>(random.Below(static_cast<int64_t>(bytes.size() / 512))) * 512;
      // Mostly where it matters.
      const size_t at = block + static_cast<size_t>(random.Chance(0.5) ? 124 + random.Below(33) : random.Below(512));
      bytes[at] = static_cast<char>(random.Chance(0.5) ? '0' + random.Below(8) : random.Below(256));
      bytes.replace(block, 512, WithChecksum(bytes.substr(block, 512)));
    }
    const auto members = List(WriteTestFile(dir + "/t.tar", bytes));
    if (!members.ok()) continue;
    for (const TarMember& member : *members) {
      ++listed;
      ASSERT_GE(member.size, 0);
      ASSERT_GE(member.offset, 512);
      ASSERT_LE(member.offset + member.size, static_cast<int64_t>(bytes.size()));
    }
  }
  EXPECT_GT(listed, 50);
}

}  // namespace
}  // namespace unclip::train
