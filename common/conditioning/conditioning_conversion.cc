#include "common/conditioning/conditioning_conversion.h"

#include <algorithm>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "common/validation/field_check.h"

namespace unclip {
namespace {

using FloatField = google::protobuf::RepeatedField<float>;

absl::StatusOr<std::vector<float>> ReadFloats(const std::string& field, const FloatField& values, size_t expected) {
  RETURN_IF_ERROR(CheckLength(field, static_cast<size_t>(values.size()), expected));
  RETURN_IF_ERROR(CheckFinite(field, absl::MakeConstSpan(values.data(), static_cast<size_t>(values.size()))));
  return std::vector<float>(values.begin(), values.end());
}

}  // namespace

absl::StatusOr<TextConditioning> TextConditioningFromProto(absl::string_view field, const common::v1::TextConditioning& proto,
                                                           const ConditioningShape& shape) {
  const auto tokens = static_cast<size_t>(shape.context_length);
  TextConditioning conditioning;
  ASSIGN_OR_RETURN(conditioning.text_embedding, ReadFloats(absl::StrCat(field, ".text_embedding"), proto.text_embedding(),
                                                           static_cast<size_t>(shape.embedding_dim)));
  ASSIGN_OR_RETURN(conditioning.hidden_states, ReadFloats(absl::StrCat(field, ".hidden_states"), proto.hidden_states(),
                                                          tokens * static_cast<size_t>(shape.hidden_dim)));
  const std::string mask = absl::StrCat(field, ".attention_mask");
  RETURN_IF_ERROR(CheckLength(mask, static_cast<size_t>(proto.attention_mask_size()), tokens));
  conditioning.attention_mask.assign(proto.attention_mask().begin(), proto.attention_mask().end());
  if (std::none_of(conditioning.attention_mask.begin(), conditioning.attention_mask.end(), [](uint8_t m) { return m != 0; })) {
    return absl::InvalidArgumentError(absl::StrCat(mask, " is false everywhere; it must be true for at least one token"));
  }
  return conditioning;
}

common::v1::TextConditioning TextConditioningToProto(const TextConditioning& conditioning) {
  common::v1::TextConditioning proto;
  proto.mutable_text_embedding()->Add(conditioning.text_embedding.begin(), conditioning.text_embedding.end());
  proto.mutable_hidden_states()->Add(conditioning.hidden_states.begin(), conditioning.hidden_states.end());
  for (const uint8_t token : conditioning.attention_mask) proto.add_attention_mask(token != 0);
  return proto;
}

absl::StatusOr<std::vector<float>> ImageEmbeddingFromProto(absl::string_view field, const common::v1::ImageEmbedding& proto,
                                                           int embedding_dim) {
  return ReadFloats(absl::StrCat(field, ".values"), proto.values(), static_cast<size_t>(embedding_dim));
}

}  // namespace unclip
