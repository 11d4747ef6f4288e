// Conversion of text conditioning between the wire and memory, with checks.
#ifndef UNCLIP_COMMON_CONDITIONING_CONDITIONING_CONVERSION_H_
#define UNCLIP_COMMON_CONDITIONING_CONDITIONING_CONVERSION_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/conditioning/text_conditioning.h"
#include "unclip/common/v1/conditioning.pb.h"

namespace unclip {

// The sizes that a model was made for.
struct ConditioningShape {
  int embedding_dim = 0;   // D
  int context_length = 0;  // T
  int hidden_dim = 0;      // W
};

// INVALID_ARGUMENT, naming `field` and the part of it, when a length differs from `shape`, a value is not finite, or the mask
// holds no token at all.
absl::StatusOr<TextConditioning> TextConditioningFromProto(absl::string_view field, const common::v1::TextConditioning& proto,
                                                           const ConditioningShape& shape);

common::v1::TextConditioning TextConditioningToProto(const TextConditioning& conditioning);

// INVALID_ARGUMENT, naming `field`, when there are not `embedding_dim` values or one is not finite.
absl::StatusOr<std::vector<float>> ImageEmbeddingFromProto(absl::string_view field, const common::v1::ImageEmbedding& proto,
                                                           int embedding_dim);

}  // namespace unclip

#endif  // UNCLIP_COMMON_CONDITIONING_CONDITIONING_CONVERSION_H_
