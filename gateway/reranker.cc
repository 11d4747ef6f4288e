#include "gateway/reranker.h"

#include <cmath>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace unclip::gateway {
namespace {

// Both have the same length.
double DotProduct(absl::Span<const float> a, absl::Span<const float> b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * b[i];
  return sum;
}

}  // namespace

absl::StatusOr<Ranking> RankCandidates(absl::Span<const float> text_embedding,
                                       absl::Span<const absl::Span<const float>> candidates) {
  if (candidates.empty()) return absl::InternalError("the prior drew no candidate");
  Ranking ranking;
  double best = 0;
  for (size_t i = 0; i < candidates.size(); ++i) {
    if (candidates[i].size() != text_embedding.size()) {
      return absl::InternalError(absl::StrCat("the prior's candidate ", i, " has ", candidates[i].size(),
                                              " values; the text embedding has ", text_embedding.size()));
    }
    const double similarity = DotProduct(text_embedding, candidates[i]);
    if (!std::isfinite(static_cast<float>(similarity))) {
      return absl::InternalError(
          absl::StrCat("reranking: the similarity of the prior's candidate ", i, " is ", similarity, ", not a finite number"));
    }
    if (i == 0 || similarity > best) {
      best = similarity;
      ranking.best = static_cast<int>(i);
    }
    ranking.similarities.push_back(static_cast<float>(similarity));
  }
  return ranking;
}

}  // namespace unclip::gateway
