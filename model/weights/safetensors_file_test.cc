#include "model/weights/safetensors_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <limits>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_matchers.h"
#include "model/weights/test_files.h"

namespace unclip::model {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kCut = absl::StatusCode::kDataLoss;

class SafetensorsFileTest : public testing::Test {
 protected:
  absl::StatusOr<std::shared_ptr<const SafetensorsFile>> OpenBytes(absl::string_view bytes) {
    return SafetensorsFile::Open(WriteTestFile(path_, bytes));
  }
  absl::StatusOr<std::shared_ptr<const SafetensorsFile>> OpenHeader(absl::string_view header, size_t data_size = 0) {
    return OpenBytes(SafetensorsBytes(header, std::string(data_size, 'd')));
  }
  // The header of one tensor "t".
  static std::string Tensor(absl::string_view dtype, absl::string_view shape, absl::string_view offsets) {
    return absl::StrCat(R"({"t":{"dtype":")", dtype, R"(","shape":)", shape, R"(,"data_offsets":)", offsets, "}}");
  }

  const std::string path_ = MakeTestDir() + "/file.safetensors";
};

MATCHER_P(IsOneLineAbout, path, "") {
  const std::string message(GetStatus(arg).message());
  *result_listener << message;
  return message.starts_with(path + ": ") && message.find('\n') == std::string::npos;
}

TEST_F(SafetensorsFileTest, ReadsTensorsAndMetadata) {
  const std::string header = R"({"__metadata__":{"format":"pt"},"b":{"dtype":"F32","shape":[2,1],"data_offsets":[3,11]},)"
                             R"("a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}   )";
  const float values[] = {1.5f, -2.0f};
  std::string data = "xyz";
  data.append(reinterpret_cast<const char*>(values), sizeof(values));
  ASSERT_OK_AND_ASSIGN(const auto file, OpenBytes(SafetensorsBytes(header, data)));
  EXPECT_THAT(file->names(), ElementsAre("a", "b"));
  EXPECT_THAT(file->metadata(), ElementsAre(testing::Pair("format", "pt")));
  EXPECT_EQ(file->path(), path_);
  EXPECT_EQ(file->header_bytes().size(), 8 + header.size());
  const TensorEntry* const b = file->Find("b");
  ASSERT_NE(b, nullptr);
  EXPECT_EQ(b->dtype, Dtype::kF32);
  EXPECT_THAT(b->shape, ElementsAre(2, 1));
  EXPECT_EQ(b->element_count(), 2);
  ASSERT_EQ(b->data.size(), sizeof(values));
  EXPECT_EQ(std::memcmp(b->data.data(), static_cast<const void*>(values), sizeof(values)), 0);
  EXPECT_EQ(file->Find("c"), nullptr);
}

TEST_F(SafetensorsFileTest, AcceptsScalarsAndTensorsWithoutElements) {
  ASSERT_OK_AND_ASSIGN(const auto file,
                       OpenHeader(R"({"scalar":{"dtype":"I64","shape":[],"data_offsets":[0,8]},)"
                                  R"("none":{"dtype":"F64","shape":[9223372036854775807,0,4],"data_offsets":[8,8]}})",
                                  8));
  EXPECT_THAT(file->Find("scalar")->shape, IsEmpty());
  EXPECT_EQ(file->Find("scalar")->element_count(), 1);
  EXPECT_EQ(file->Find("none")->element_count(), 0);
}

TEST_F(SafetensorsFileTest, AcceptsAFileWithoutTensors) {
  ASSERT_OK_AND_ASSIGN(const auto file, OpenHeader("{}"));
  EXPECT_THAT(file->names(), IsEmpty());
}

TEST_F(SafetensorsFileTest, AcceptsZeroBytesAfterTheHeader) {
  EXPECT_OK(OpenHeader(absl::string_view("{}\0\0\0", 5)));
  EXPECT_THAT(OpenHeader(absl::string_view("{\0}", 3)), StatusIs(kInvalid, HasSubstr("zero byte")));
}

TEST_F(SafetensorsFileTest, KnowsEveryType) {
  for (const auto& [name, size] : std::initializer_list<std::pair<absl::string_view, int>>{{"F64", 8},
                                                                                           {"F32", 4},
                                                                                           {"F16", 2},
                                                                                           {"BF16", 2},
                                                                                           {"F8_E4M3", 1},
                                                                                           {"F8_E5M2", 1},
                                                                                           {"I64", 8},
                                                                                           {"I32", 4},
                                                                                           {"I16", 2},
                                                                                           {"I8", 1},
                                                                                           {"U64", 8},
                                                                                           {"U32", 4},
                                                                                           {"U16", 2},
                                                                                           {"U8", 1},
                                                                                           {"BOOL", 1}}) {
    ASSERT_OK_AND_ASSIGN(const auto file, OpenHeader(Tensor(name, "[3]", absl::StrCat("[0,", 3 * size, "]")), size_t{3} * size));
    EXPECT_EQ(DtypeName(file->Find("t")->dtype), name);
    EXPECT_EQ(file->Find("t")->element_count(), 3);
  }
}

TEST_F(SafetensorsFileTest, RefusesAFileThatIsCutShort) {
  EXPECT_THAT(OpenBytes(""), AllOf(StatusIs(kCut, HasSubstr("cut short")), IsOneLineAbout(path_)));
  EXPECT_THAT(OpenBytes("1234567"), StatusIs(kCut, HasSubstr("cut short")));
  EXPECT_THAT(OpenBytes(SafetensorsBytes("{}", "", 3)), StatusIs(kCut, HasSubstr("header has 3 bytes, the file 10")));
  EXPECT_THAT(OpenHeader(Tensor("F32", "[2]", "[0,8]"), 7),
              AllOf(StatusIs(kCut, AllOf(HasSubstr("tensor \"t\""), HasSubstr("7 bytes of data"))), IsOneLineAbout(path_)));
}

TEST_F(SafetensorsFileTest, RefusesAHeaderLengthThatCannotBe) {
  EXPECT_THAT(OpenBytes(SafetensorsBytes("{}", "", 0)), StatusIs(kInvalid, HasSubstr("must start with '{'")));
  EXPECT_THAT(OpenBytes(SafetensorsBytes("{}", "", SafetensorsFile::kMaxHeaderBytes + 1)),
              StatusIs(kInvalid, HasSubstr("at most 100000000")));
  EXPECT_THAT(OpenBytes(SafetensorsBytes("{}", "", uint64_t{1} << 63)), StatusIs(kInvalid, HasSubstr("9223372036854775808")));
  EXPECT_THAT(OpenBytes(SafetensorsBytes("{}", "", std::numeric_limits<uint64_t>::max())),
              StatusIs(kInvalid, HasSubstr("18446744073709551615")));
}

TEST_F(SafetensorsFileTest, RefusesAHeaderThatIsNoObject) {
  EXPECT_THAT(OpenHeader(" {}"), StatusIs(kInvalid, HasSubstr("must start with '{'")));
  EXPECT_THAT(OpenHeader("[]"), StatusIs(kInvalid, HasSubstr("must start with '{'")));
  for (const absl::string_view header : {"{", "{}x", "{}{}", "{\"a\"}", "{\"a\":}", "{\"a\":{\"dtype\":NaN}}"}) {
    EXPECT_THAT(OpenHeader(header), AllOf(StatusIs(kInvalid, HasSubstr("not valid JSON")), IsOneLineAbout(path_))) << header;
  }
}

TEST_F(SafetensorsFileTest, RefusesInvalidUtf8InTheHeader) {
  EXPECT_THAT(OpenHeader("{\"\xff\xfe\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}"),
              StatusIs(kInvalid, HasSubstr("not valid JSON")));
}

TEST_F(SafetensorsFileTest, RefusesDeepNesting) {
  const std::string deep(100'000, '[');
  EXPECT_THAT(OpenHeader(absl::StrCat("{\"t\":{\"shape\":", deep)), StatusIs(kInvalid, HasSubstr("a list in \"shape\"")));
  EXPECT_THAT(OpenHeader(R"({"t":{"shape":{}}})"), StatusIs(kInvalid, HasSubstr("an object in \"shape\"")));
}

TEST_F(SafetensorsFileTest, RefusesWhatIsGivenTwice) {
  const std::string t = R"("t":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  EXPECT_THAT(OpenHeader(absl::StrCat("{", t, ",", t, "}")), StatusIs(kInvalid, HasSubstr("\"t\" twice")));
  EXPECT_THAT(OpenHeader(R"({"t":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}})"),
              StatusIs(kInvalid, HasSubstr("\"dtype\" twice")));
  EXPECT_THAT(OpenHeader(R"({"__metadata__":{},"__metadata__":{}})"), StatusIs(kInvalid, HasSubstr("\"__metadata__\" twice")));
  EXPECT_THAT(OpenHeader(R"({"__metadata__":{"a":"1","a":"1"}})"), StatusIs(kInvalid, HasSubstr("\"a\" of __metadata__ twice")));
}

TEST_F(SafetensorsFileTest, RefusesTensorsThatAreNotDescribedAsTheFormatSays) {
  for (const absl::string_view value : {"1", "-1", "1.5", "null", "true", "\"x\"", "[]"}) {
    EXPECT_THAT(OpenHeader(absl::StrCat("{\"t\":", value, "}")), StatusIs(kInvalid, HasSubstr("as \"t\", not an object")))
        << value;
  }
  EXPECT_THAT(OpenHeader(R"({"t":{}})"), StatusIs(kInvalid, HasSubstr("tensor \"t\" must have dtype, shape and data_offsets")));
  EXPECT_THAT(OpenHeader(R"({"t":{"dtype":"U8","shape":[0]}})"), StatusIs(kInvalid, HasSubstr("must have")));
  EXPECT_THAT(OpenHeader(R"({"t":{"dtype":7}})"), StatusIs(kInvalid, HasSubstr("the number 7 in \"dtype\"")));
  EXPECT_THAT(OpenHeader(R"({"t":{"dtype":["U8"]}})"), StatusIs(kInvalid, HasSubstr("a list in \"dtype\"")));
  EXPECT_THAT(OpenHeader(R"({"t":{"shape":"U8"}})"), StatusIs(kInvalid, HasSubstr("in \"shape\"")));
  EXPECT_THAT(OpenHeader(R"({"t":{"shape":[1.5]}})"), StatusIs(kInvalid, HasSubstr("1.5 in \"shape\"")));
  EXPECT_THAT(OpenHeader(R"({"t":{"shape":[-1]}})"), StatusIs(kInvalid, HasSubstr("-1 in \"shape\"")));
  EXPECT_THAT(OpenHeader(R"({"t":{"shape":["1"]}})"), StatusIs(kInvalid, HasSubstr("in \"shape\"")));
  EXPECT_THAT(OpenHeader(R"({"t":{"extra":1}})"), StatusIs(kInvalid, HasSubstr("unknown member \"extra\"")));
}

TEST_F(SafetensorsFileTest, RefusesMetadataThatIsNoText) {
  for (const absl::string_view value : {"1", "null", "{}", "[]", "false"}) {
    EXPECT_THAT(OpenHeader(absl::StrCat(R"({"__metadata__":{"a":)", value, "}}")),
                StatusIs(kInvalid, HasSubstr("as \"a\" of __metadata__, not a text")))
        << value;
  }
  EXPECT_THAT(OpenHeader(R"({"__metadata__":"a"})"), StatusIs(kInvalid, HasSubstr("\"__metadata__\", not an object")));
}

TEST_F(SafetensorsFileTest, RefusesUnknownAndSubByteTypes) {
  for (const absl::string_view dtype : {"F4", "F6_E2M3", "f32", "float32", ""}) {
    EXPECT_THAT(
        OpenHeader(Tensor(dtype, "[2]", "[0,1]"), 1),
        AllOf(StatusIs(kInvalid, AllOf(HasSubstr("tensor \"t\""), HasSubstr("is not supported"))), IsOneLineAbout(path_)));
  }
}

TEST_F(SafetensorsFileTest, RefusesOffsetsThatAreNotTwoWholeNumbers) {
  for (const absl::string_view offsets : {"[]", "[0]", "[0,8,8]"}) {
    EXPECT_THAT(OpenHeader(Tensor("F32", "[2]", offsets), 8), StatusIs(kInvalid, HasSubstr("data_offsets"))) << offsets;
  }
  EXPECT_THAT(OpenHeader(Tensor("F32", "[2]", "[-8,0]"), 8), StatusIs(kInvalid, HasSubstr("-8")));
  EXPECT_THAT(OpenHeader(Tensor("F32", "[2]", "[0,8.0]"), 8), StatusIs(kInvalid, HasSubstr("8.0")));
  EXPECT_THAT(OpenHeader(Tensor("F32", "[2]", "[8,0]"), 8), StatusIs(kInvalid, HasSubstr("reversed data_offsets [8, 0]")));
  EXPECT_THAT(OpenHeader(Tensor("F32", "[2]", "[0,18446744073709551616]"), 8),
              StatusIs(kInvalid, HasSubstr("18446744073709551616")));
}

TEST_F(SafetensorsFileTest, RefusesARangeOfAnotherSizeThanTheShape) {
  EXPECT_THAT(OpenHeader(Tensor("F32", "[2]", "[0,4]"), 4),
              StatusIs(kInvalid, HasSubstr("of shape [2] and type F32 needs 8 bytes, but its data_offsets [0, 4] hold 4")));
  EXPECT_THAT(OpenHeader(Tensor("F32", "[0]", "[0,4]"), 4), StatusIs(kInvalid, HasSubstr("needs 0 bytes")));
}

TEST_F(SafetensorsFileTest, RefusesShapesWhoseProductOverflows) {
  // Modulo 2^64 these would be 0 and 4 bytes.
  EXPECT_THAT(OpenHeader(Tensor("F32", "[4294967296,4294967296]", "[0,0]")), StatusIs(kInvalid, HasSubstr("more than 2^63")));
  EXPECT_THAT(OpenHeader(Tensor("F32", "[4611686018427387905]", "[0,4]"), 4), StatusIs(kInvalid, HasSubstr("more than 2^63")));
  EXPECT_THAT(OpenHeader(Tensor("U8", "[9223372036854775808]", "[0,0]")), StatusIs(kInvalid, HasSubstr("beyond 2^63")));
  EXPECT_THAT(OpenHeader(Tensor("U8", "[9223372036854775807]", "[0,9223372036854775807]"), 1),
              StatusIs(kCut, HasSubstr("outside the file")));
}

TEST_F(SafetensorsFileTest, RefusesTooManyDimensions) {
  EXPECT_OK(OpenHeader(Tensor("U8", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]", "[0,1]"), 1));
  EXPECT_THAT(OpenHeader(Tensor("U8", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]", "[0,1]"), 1),
              StatusIs(kInvalid, HasSubstr("more than 16 dimensions")));
}

TEST_F(SafetensorsFileTest, RefusesTooManyTensors) {
  std::string header = "{";
  for (size_t i = 0; i <= SafetensorsFile::kMaxTensors; ++i) {
    absl::StrAppend(&header, i > 0 ? "," : "", "\"", i, R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})");
  }
  EXPECT_THAT(OpenHeader(header + "}"), StatusIs(kInvalid, HasSubstr("more than 100000 tensors")));
}

TEST_F(SafetensorsFileTest, RefusesRangesThatOverlapOrLeaveHoles) {
  const auto two = [](absl::string_view a, absl::string_view b) {
    return absl::StrCat(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":)", a,
                        R"(},"b":{"dtype":"U8","shape":[4],"data_offsets":)", b, "}}");
  };
  EXPECT_OK(OpenHeader(two("[4,8]", "[0,4]"), 8));
  EXPECT_THAT(OpenHeader(two("[0,4]", "[3,7]"), 7), StatusIs(kInvalid, HasSubstr("overlaps")));
  EXPECT_THAT(OpenHeader(two("[0,4]", "[0,4]"), 4), StatusIs(kInvalid, HasSubstr("overlaps")));
  EXPECT_THAT(OpenHeader(two("[0,4]", "[5,9]"), 9), AllOf(StatusIs(kInvalid, HasSubstr("hole after 4")), IsOneLineAbout(path_)));
  EXPECT_THAT(OpenHeader(two("[1,5]", "[5,9]"), 9), StatusIs(kInvalid, HasSubstr("hole after 0")));
  EXPECT_THAT(OpenHeader(two("[0,4]", "[4,8]"), 9), StatusIs(kInvalid, HasSubstr("1 bytes after the last tensor")));
}

TEST_F(SafetensorsFileTest, KeepsErrorsToOneLineWhateverTheName) {
  EXPECT_THAT(OpenHeader(R"({"a\nb":1})"), IsOneLineAbout(path_));
  EXPECT_THAT(OpenHeader(R"({"a\nb":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})", 2), IsOneLineAbout(path_));
  EXPECT_THAT(OpenHeader(absl::StrCat("{\"", std::string(5000, 'n'), "\":1}")),
              StatusIs(kInvalid, HasSubstr("name of 5000 bytes")));
}

TEST_F(SafetensorsFileTest, RefusesPicklesByName) {
  EXPECT_THAT(OpenBytes(std::string("PK\x03\x04") + std::string(100, 'z')),
              StatusIs(kInvalid, HasSubstr("convert it to safetensors")));
  EXPECT_THAT(OpenBytes("\x80\x02}q"), StatusIs(kInvalid, HasSubstr("looks like a pickle")));
  EXPECT_THAT(OpenBytes("\x80\x04\x95 and more bytes"), StatusIs(kInvalid, HasSubstr("looks like a pickle")));
}

TEST_F(SafetensorsFileTest, DoesNotTakeAHeaderLengthForAPickle) {
  const std::string header = Tensor("U8", "[0]", "[0,0]");
  const std::string padded = header + std::string(0x0280 - header.size(), ' ');  // the length's bytes are 0x80 0x02
  EXPECT_OK(OpenHeader(padded));
}

TEST_F(SafetensorsFileTest, NamesALargeFilePointer) {
  EXPECT_THAT(OpenBytes("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"),
              StatusIs(kInvalid, HasSubstr("git lfs pull")));
}

TEST_F(SafetensorsFileTest, SaysWhichFileIsMissing) {
  EXPECT_THAT(SafetensorsFile::Open(path_),
              AllOf(StatusIs(absl::StatusCode::kNotFound, HasSubstr("no such file")), IsOneLineAbout(path_)));
  ASSERT_EQ(symlink("nowhere", path_.c_str()), 0);
  EXPECT_THAT(SafetensorsFile::Open(path_),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("link to a file that does not exist")));
}

TEST_F(SafetensorsFileTest, FollowsLinksButNotInACircle) {
  WriteTestFile(path_ + ".real", SafetensorsBytes("{}", ""));
  ASSERT_EQ(symlink((path_ + ".real").c_str(), path_.c_str()), 0);
  EXPECT_OK(SafetensorsFile::Open(path_));
  const std::string circle = path_ + ".circle";
  ASSERT_EQ(symlink(circle.c_str(), circle.c_str()), 0);
  EXPECT_THAT(SafetensorsFile::Open(circle), StatusIs(absl::StatusCode::kNotFound, HasSubstr("circle")));
}

TEST_F(SafetensorsFileTest, RefusesWhatIsNoRegularFile) {
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  EXPECT_THAT(SafetensorsFile::Open(path_), StatusIs(kInvalid, HasSubstr("not a regular file")));
  EXPECT_THAT(SafetensorsFile::Open(MakeTestDir()), StatusIs(kInvalid, HasSubstr("not a regular file")));
}

// A sweep over the bytes of a sound file: whatever is changed or cut, the answer is a status or a file whose data lies inside.
TEST_F(SafetensorsFileTest, SurvivesEveryChangedByteAndEveryLength) {
  const std::string sound = SafetensorsBytes(
      R"({"__metadata__":{"k":"v"},"a":{"dtype":"F16","shape":[2,2],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[],"data_offsets":[8,9]}})",
      "123456789");
  for (size_t size = 0; size < sound.size(); ++size) EXPECT_THAT(OpenBytes(sound.substr(0, size)), Not(IsOk())) << size;
  for (size_t i = 0; i < sound.size(); ++i) {
    for (const char byte : {'\0', '0', '9', '"', '{', '}', ',', '\x80', '\xff'}) {
      std::string changed = sound;
      changed[i] = byte;
      const auto file = OpenBytes(changed);
      if (!file.ok()) {
        EXPECT_THAT(file, IsOneLineAbout(path_));
        continue;
      }
      size_t total = 0;
      for (const TensorEntry& tensor : (*file)->tensors()) total += tensor.data.size();
      EXPECT_EQ(total + (*file)->header_bytes().size(), changed.size());
    }
  }
}

}  // namespace
}  // namespace unclip::model
