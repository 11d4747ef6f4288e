// Picks the best of the prior's candidates.
#ifndef UNCLIP_GATEWAY_RERANKER_H_
#define UNCLIP_GATEWAY_RERANKER_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace unclip::gateway {

struct Ranking {
  int best = 0;                     // index of the candidate to decode
  std::vector<float> similarities;  // of every candidate, in their order
};

// The candidate with the largest dot product with the prompt's embedding (Ramesh et al. 2022, section 2.2), the first of equals.
// Summed in double, so that the order of candidates never hangs on rounding. INTERNAL when there is no candidate, when one has
// another length than the text embedding, or when a similarity is not finite: no choice is better than a wrong one.
absl::StatusOr<Ranking> RankCandidates(absl::Span<const float> text_embedding,
                                       absl::Span<const absl::Span<const float>> candidates);

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_RERANKER_H_
