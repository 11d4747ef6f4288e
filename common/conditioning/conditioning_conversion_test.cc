#include "common/conditioning/conditioning_conversion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "base/status_matchers.h"

namespace unclip {
namespace {

using ::testing::HasSubstr;

constexpr ConditioningShape kShape = {.embedding_dim = 2, .context_length = 3, .hidden_dim = 2};
constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;

TextConditioning Good() { return {.text_embedding = {1, 2}, .hidden_states = {1, 2, 3, 4, 5, 6}, .attention_mask = {1, 1, 0}}; }

TEST(ConditioningConversionTest, GoesThereAndBack) {
  ASSERT_OK_AND_ASSIGN(const TextConditioning read, TextConditioningFromProto("text", TextConditioningToProto(Good()), kShape));
  EXPECT_EQ(read.text_embedding, Good().text_embedding);
  EXPECT_EQ(read.hidden_states, Good().hidden_states);
  EXPECT_EQ(read.attention_mask, Good().attention_mask);
}

TEST(ConditioningConversionTest, NamesThePartOfTheWrongLength) {
  common::v1::TextConditioning proto = TextConditioningToProto(Good());
  proto.add_text_embedding(0);
  EXPECT_THAT(TextConditioningFromProto("text", proto, kShape),
              StatusIs(kInvalid, "text.text_embedding has 3 values; it must have 2"));
  proto = TextConditioningToProto(Good());
  proto.mutable_hidden_states()->RemoveLast();
  EXPECT_THAT(TextConditioningFromProto("negative_text", proto, kShape),
              StatusIs(kInvalid, "negative_text.hidden_states has 5 values; it must have 6"));
  proto = TextConditioningToProto(Good());
  proto.clear_attention_mask();
  EXPECT_THAT(TextConditioningFromProto("text", proto, kShape),
              StatusIs(kInvalid, "text.attention_mask has 0 values; it must have 3"));
}

TEST(ConditioningConversionTest, RefusesWhatIsNotFinite) {
  common::v1::TextConditioning proto = TextConditioningToProto(Good());
  proto.set_text_embedding(1, std::numeric_limits<float>::quiet_NaN());
  EXPECT_THAT(TextConditioningFromProto("text", proto, kShape), StatusIs(kInvalid, HasSubstr("text.text_embedding[1] is nan")));
  proto = TextConditioningToProto(Good());
  proto.set_hidden_states(5, -std::numeric_limits<float>::infinity());
  EXPECT_THAT(TextConditioningFromProto("text", proto, kShape), StatusIs(kInvalid, HasSubstr("text.hidden_states[5] is -inf")));
}

TEST(ConditioningConversionTest, RefusesAMaskWithoutTokens) {
  TextConditioning empty = Good();
  empty.attention_mask = {0, 0, 0};
  EXPECT_THAT(TextConditioningFromProto("text", TextConditioningToProto(empty), kShape),
              StatusIs(kInvalid, HasSubstr("text.attention_mask is false everywhere")));
}

TEST(ConditioningConversionTest, ChecksImageEmbeddings) {
  common::v1::ImageEmbedding proto;
  EXPECT_THAT(ImageEmbeddingFromProto("image_embedding", proto, 2),
              StatusIs(kInvalid, "image_embedding.values has 0 values; it must have 2"));
  proto.add_values(1);
  proto.add_values(2);
  ASSERT_OK_AND_ASSIGN(const std::vector<float> values, ImageEmbeddingFromProto("image_embedding", proto, 2));
  EXPECT_EQ(values, (std::vector<float>{1, 2}));
  proto.set_values(0, std::numeric_limits<float>::infinity());
  EXPECT_THAT(ImageEmbeddingFromProto("image_embedding", proto, 2),
              StatusIs(kInvalid, HasSubstr("image_embedding.values[0] is inf")));
}

}  // namespace
}  // namespace unclip
