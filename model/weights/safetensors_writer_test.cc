#include "model/weights/safetensors_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/status_matchers.h"
#include "model/weights/safetensors_file.h"
#include "model/weights/test_files.h"

namespace unclip::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

absl::Span<const std::byte> Bytes(absl::string_view text) {
  return absl::MakeConstSpan(reinterpret_cast<const std::byte*>(text.data()), text.size());
}

class SafetensorsWriterTest : public testing::Test {
 protected:
  const std::string path_ = MakeTestDir() + "/file.safetensors";
};

TEST_F(SafetensorsWriterTest, WritesWhatTheReaderReads) {
  const std::string odd_name = "we\"ird\n\xc3\xa9";
  ASSERT_OK_AND_ASSIGN(
      auto writer,
      SafetensorsWriter::Create(path_, {{odd_name, Dtype::kU8, {3}}, {"scalar", Dtype::kF32, {}}, {"none", Dtype::kBF16, {4, 0}}},
                                {{"format", "pt"}}));
  EXPECT_OK(writer->Append(Bytes("ab")));
  EXPECT_OK(writer->Append(Bytes("cwxyz")));
  EXPECT_OK(writer->Close());
  ASSERT_OK_AND_ASSIGN(const auto file, SafetensorsFile::Open(path_));
  ASSERT_NE(file->Find(odd_name), nullptr);
  EXPECT_EQ(std::memcmp(file->Find(odd_name)->data.data(), "abc", 3), 0);
  EXPECT_EQ(std::memcmp(file->Find("scalar")->data.data(), "wxyz", 4), 0);
  EXPECT_THAT(file->Find("none")->shape, ElementsAre(4, 0));
  EXPECT_EQ(file->Find("none")->dtype, Dtype::kBF16);
  EXPECT_THAT(file->metadata(), ElementsAre(testing::Pair("format", "pt")));
}

TEST_F(SafetensorsWriterTest, AlignsTheData) {
  for (size_t name_size = 1; name_size < 70; ++name_size) {
    ASSERT_OK_AND_ASSIGN(auto writer, SafetensorsWriter::Create(path_, {{std::string(name_size, 'n'), Dtype::kU8, {1}}}));
    ASSERT_OK(writer->Append(Bytes("x")));
    ASSERT_OK(writer->Close());
    ASSERT_OK_AND_ASSIGN(const auto file, SafetensorsFile::Open(path_));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(file->tensors()[0].data.data()) % 64, 0u);
  }
}

TEST_F(SafetensorsWriterTest, RefusesTooMuchAndTooLittleData) {
  ASSERT_OK_AND_ASSIGN(auto writer, SafetensorsWriter::Create(path_, {{"t", Dtype::kF16, {2}}}));
  EXPECT_THAT(writer->Append(Bytes("12345")), StatusIs(absl::StatusCode::kOutOfRange, HasSubstr("5 bytes")));
  EXPECT_OK(writer->Append(Bytes("123")));
  EXPECT_THAT(writer->Close(), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("1 bytes are missing")));
  EXPECT_OK(writer->Append(Bytes("4")));
  EXPECT_OK(writer->Close());
  EXPECT_THAT(writer->Close(), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("closed")));
  EXPECT_TRUE(std::filesystem::exists(path_));
}

TEST_F(SafetensorsWriterTest, RemovesAFileThatIsNotFinished) {
  ASSERT_OK_AND_ASSIGN(auto writer, SafetensorsWriter::Create(path_, {{"t", Dtype::kF16, {2}}}));
  EXPECT_TRUE(std::filesystem::exists(path_));
  writer.reset();
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(SafetensorsWriterTest, RefusesDeclarationsThatCannotBeRead) {
  EXPECT_THAT(SafetensorsWriter::Create(path_, {{"t", Dtype::kU8, {1}}, {"t", Dtype::kU8, {1}}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("\"t\" is empty or given twice")));
  EXPECT_THAT(SafetensorsWriter::Create(path_, {{"", Dtype::kU8, {1}}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("empty")));
  EXPECT_THAT(SafetensorsWriter::Create(path_, {{"t", Dtype::kU8, {-1}}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("[-1]")));
  EXPECT_THAT(SafetensorsWriter::Create(path_, {{"t", Dtype::kF64, {int64_t{1} << 62}}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("shape")));
}

TEST_F(SafetensorsWriterTest, SaysWhereItCannotWrite) {
  EXPECT_THAT(SafetensorsWriter::Create(path_ + "/no/such/folder", {}), StatusIs(absl::StatusCode::kNotFound, HasSubstr(path_)));
}

}  // namespace
}  // namespace unclip::model
