#include "common/rpc/message_parser.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>
#include <grpcpp/support/slice.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "base/status_matchers.h"
#include "unclip/common/v1/image.pb.h"
#include "unclip/common/v1/model_info.pb.h"

namespace unclip {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;

grpc::ByteBuffer Bytes(const std::string& text) {
  const grpc::Slice slice(text);
  return grpc::ByteBuffer(&slice, 1);
}

TEST(MessageParserTest, ReadsWhatItWrote) {
  common::v1::ModelInfo written;
  written.set_checkpoint_name("karlö");
  written.set_parameter_count(5);
  grpc::ByteBuffer bytes;
  ASSERT_OK(SerializeMessage(written, &bytes));
  common::v1::ModelInfo read;
  ASSERT_OK(ParseMessage(bytes, &read));
  EXPECT_EQ(read.SerializeAsString(), written.SerializeAsString());
}

TEST(MessageParserTest, ReplacesAnEarlierMessage) {
  // Longer than what gRPC stores inside a slice: the two lengths are written by different code.
  common::v1::EncodedImage image;
  image.set_data(std::string(100, 'x'));
  grpc::ByteBuffer bytes;
  ASSERT_OK(SerializeMessage(image, &bytes));
  image.set_data(std::string(200, 'y'));
  ASSERT_OK(SerializeMessage(image, &bytes));
  common::v1::EncodedImage read;
  ASSERT_OK(ParseMessage(bytes, &read));
  EXPECT_EQ(read.data(), image.data());
}

TEST(MessageParserTest, ReadsBytesInSeveralSlices) {
  const grpc::Slice slices[] = {grpc::Slice("\x0a\x03k"), grpc::Slice("ar")};
  common::v1::ModelInfo read;
  ASSERT_OK(ParseMessage(grpc::ByteBuffer(slices, 2), &read));
  EXPECT_EQ(read.checkpoint_name(), "kar");
}

TEST(MessageParserTest, ReadsTheEmptyMessage) {
  common::v1::ModelInfo read;
  EXPECT_OK(ParseMessage(Bytes(""), &read));
}

TEST(MessageParserTest, NamesTheStringThatIsNotUtf8) {
  common::v1::ModelInfo read;
  EXPECT_THAT(ParseMessage(Bytes("\x0a\x02k\xff"), &read),
              StatusIs(kInvalid, AllOf(HasSubstr("checkpoint_name is not valid UTF-8"), HasSubstr("0xff at offset 1"))));
}

TEST(MessageParserTest, NamesNestedAndRepeatedStrings) {
  // FileDescriptorProto { dependency: "a", "\xff" } and FileDescriptorSet { file { }, file { message_type { name: "\xff" } } }.
  google::protobuf::FileDescriptorProto file;
  EXPECT_THAT(ParseMessage(Bytes("\x1a\x01"
                                 "a"
                                 "\x1a\x01\xff"),
                           &file),
              StatusIs(kInvalid, HasSubstr("dependency[1] is not")));
  google::protobuf::FileDescriptorSet set;
  EXPECT_THAT(ParseMessage(Bytes(std::string("\x0a\x00\x0a\x05\x22\x03\x0a\x01\xff", 9)), &set),
              StatusIs(kInvalid, HasSubstr("file[1].message_type[0].name is not")));
}

TEST(MessageParserTest, LetsBytesFieldsHoldAnything) {
  common::v1::EncodedImage image;
  image.set_data("\xff\xfe");
  common::v1::EncodedImage read;
  ASSERT_OK(ParseMessage(Bytes(image.SerializeAsString()), &read));
  EXPECT_EQ(read.data(), "\xff\xfe");
}

TEST(MessageParserTest, RefusesWhatIsNoMessage) {
  const std::string whole = "\x0a\x03kar\x18\x05";
  for (const std::string& bytes : {std::string("\x0a"), std::string("\x0a\x05k"), std::string("\x0a\xff\xff\xff\xff\x0f"),
                                   std::string("\x07"), std::string("\x00", 1), std::string(20, '\xff'), whole.substr(0, 6)}) {
    common::v1::ModelInfo read;
    EXPECT_THAT(ParseMessage(Bytes(bytes), &read), StatusIs(kInvalid, HasSubstr("not a valid ModelInfo message"))) << bytes;
  }
}

TEST(MessageParserTest, SurvivesDeepNesting) {
  // DescriptorProto.nested_type (3) within itself, far deeper than Protobuf reads.
  std::string bytes;
  for (int i = 0; i < 2000; ++i) {
    std::string length;
    for (size_t n = bytes.size();; n >>= 7) {
      length.push_back(static_cast<char>((n & 0x7F) | (n > 0x7F ? 0x80 : 0)));
      if (n <= 0x7F) break;
    }
    bytes = absl::StrCat("\x1a", length, bytes);
  }
  google::protobuf::DescriptorProto read;
  EXPECT_THAT(ParseMessage(Bytes(bytes), &read), StatusIs(kInvalid, HasSubstr("not a valid DescriptorProto message")));
}

}  // namespace
}  // namespace unclip
