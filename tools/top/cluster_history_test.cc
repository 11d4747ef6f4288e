#include "tools/top/cluster_history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace unclip::top {
namespace {

using ::testing::HasSubstr;
using ::testing::Optional;

std::string Prior(int requests) {
  return absl::StrCat(
      "unclip_prior_build_info{version=\"1\"} 1\nunclip_prior_requests_total{code=\"OK\",method=\"SamplePrior\"} ", requests,
      "\n");
}

class ClusterHistoryTest : public testing::Test {
 protected:
  ProcessView Look(double seconds, absl::StatusOr<std::string> answer) {
    return history_.Add({{"a:1", std::move(answer)}}, absl::Seconds(seconds), absl::Now()).front();
  }

  ClusterHistory history_{absl::Seconds(10)};
};

TEST_F(ClusterHistoryTest, ComparesWithTheStartOfTheWindow) {
  EXPECT_EQ(Look(0, Prior(0)).requests, std::nullopt);
  EXPECT_THAT(Look(1, Prior(4)).requests, Optional(4));
  EXPECT_THAT(Look(2, Prior(4)).requests, Optional(2));
  EXPECT_THAT(Look(10, Prior(4)).requests, Optional(0.4));
  EXPECT_THAT(Look(11, Prior(4)).requests, Optional(0));     // since the look at 1
  EXPECT_THAT(Look(20.5, Prior(46)).requests, Optional(4));  // since the one at 10
}

TEST_F(ClusterHistoryTest, StartsAfreshWithOneThatWasAway) {
  Look(0, Prior(10));
  const ProcessView lost = Look(1, absl::UnavailableError("Connection refused"));
  EXPECT_EQ(lost.address, "a:1");
  EXPECT_EQ(lost.error, "Connection refused");
  EXPECT_EQ(Look(2, Prior(12)).requests, std::nullopt);
  EXPECT_THAT(Look(3, Prior(13)).requests, Optional(1));
}

TEST_F(ClusterHistoryTest, TellsOfAnAnswerThatIsNoMetrics) {
  EXPECT_THAT(Look(0, "<html>").error, HasSubstr("line 1 of the metrics"));
}

}  // namespace
}  // namespace unclip::top
