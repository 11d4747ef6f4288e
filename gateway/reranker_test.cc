#include "gateway/reranker.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "base/status_matchers.h"

namespace unclip::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Vector = std::vector<float>;

absl::StatusOr<Ranking> Rank(const Vector& text, const std::vector<Vector>& candidates) {
  return RankCandidates(text, std::vector<absl::Span<const float>>(candidates.begin(), candidates.end()));
}

TEST(RerankerTest, TakesTheLargestDotProduct) {
  ASSERT_OK_AND_ASSIGN(const Ranking ranking, Rank({1, 2}, {{1, 1}, {0, 3}, {5, 0}}));
  EXPECT_EQ(ranking.best, 1);
  EXPECT_THAT(ranking.similarities, ElementsAre(3, 6, 5));
}

TEST(RerankerTest, DoesNotNormalize) {
  // The second points the same way as the text, the first is longer.
  ASSERT_OK_AND_ASSIGN(const Ranking ranking, Rank({1, 0}, {{10, 10}, {9, 0}}));
  EXPECT_EQ(ranking.best, 0);
}

TEST(RerankerTest, TakesTheFirstOfEquals) {
  ASSERT_OK_AND_ASSIGN(const Ranking ranking, Rank({1, 1}, {{0, 1}, {1, 1}, {2, 0}}));
  EXPECT_EQ(ranking.best, 1);
}

TEST(RerankerTest, TakesTheLeastNegative) {
  ASSERT_OK_AND_ASSIGN(const Ranking ranking, Rank({1}, {{-3}, {-1}, {-2}}));
  EXPECT_EQ(ranking.best, 1);
}

TEST(RerankerTest, SumsInDouble) {
  // In float, 2^24 + 1 is 2^24: both would come out equal, and the first would win.
  ASSERT_OK_AND_ASSIGN(const Ranking ranking, Rank({1, 1, 1}, {{16777216, 0, 0}, {16777216, 1, 0}}));
  EXPECT_EQ(ranking.best, 1);
}

TEST(RerankerTest, RefusesWhatIsNotFinite) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  for (const float value : {nan, infinity, -infinity}) {
    EXPECT_THAT(Rank({1, 1}, {{1, 1}, {0, value}}),
                StatusIs(absl::StatusCode::kInternal, HasSubstr("reranking: the similarity of the prior's candidate 1")));
  }
  EXPECT_THAT(Rank({nan}, {{1}}), StatusIs(absl::StatusCode::kInternal, HasSubstr("reranking")));
  const float largest = std::numeric_limits<float>::max();
  EXPECT_THAT(Rank({largest}, {{largest}}), StatusIs(absl::StatusCode::kInternal, HasSubstr("reranking")));
}

TEST(RerankerTest, RefusesOtherLengths) {
  EXPECT_THAT(Rank({1, 1}, {{1, 1}, {1}}), StatusIs(absl::StatusCode::kInternal, HasSubstr("candidate 1 has 1 values")));
}

TEST(RerankerTest, RefusesNoCandidates) {
  EXPECT_THAT(Rank({1, 1}, {}), StatusIs(absl::StatusCode::kInternal, HasSubstr("no candidate")));
}

}  // namespace
}  // namespace unclip::gateway
