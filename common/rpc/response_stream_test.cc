#include "common/rpc/response_stream.h"

#include <gtest/gtest.h>

#include <optional>

namespace unclip {
namespace {

// The reactor itself is tested over real calls, by the services that use it.

TEST(PendingResponsesTest, KeepsOnlyTheNewestProgress) {
  PendingResponses<int> pending;
  EXPECT_EQ(pending.Take(), std::nullopt);
  pending.AddProgress(1, /*keep=*/false);
  pending.AddProgress(2, /*keep=*/false);
  EXPECT_EQ(pending.Take(), 2);
  EXPECT_EQ(pending.Take(), std::nullopt);
}

TEST(PendingResponsesTest, PutsTheResultLast) {
  PendingResponses<int> pending;
  EXPECT_TRUE(pending.empty());
  pending.AddProgress(1, /*keep=*/false);
  pending.SetResult(9);
  EXPECT_EQ(pending.Take(), 1);
  EXPECT_FALSE(pending.empty());
  EXPECT_EQ(pending.Take(), 9);
  EXPECT_TRUE(pending.empty());
  EXPECT_EQ(pending.Take(), std::nullopt);
}

TEST(PendingResponsesTest, DoesNotLetProgressDisplaceWhatIsKept) {
  PendingResponses<int> pending;
  pending.AddProgress(1, /*keep=*/true);
  pending.AddProgress(2, /*keep=*/false);
  pending.AddProgress(3, /*keep=*/false);
  EXPECT_EQ(pending.Take(), 1);
  EXPECT_EQ(pending.Take(), 3);
  EXPECT_EQ(pending.Take(), std::nullopt);
}

TEST(PendingResponsesTest, LetsWhatIsKeptDisplaceAllThatIsOlder) {
  PendingResponses<int> pending;
  pending.AddProgress(1, /*keep=*/true);
  pending.AddProgress(2, /*keep=*/false);
  pending.AddProgress(3, /*keep=*/true);
  EXPECT_EQ(pending.Take(), 3);
  EXPECT_EQ(pending.Take(), std::nullopt);
}

TEST(PendingResponsesTest, ForgetsAllWhenCleared) {
  PendingResponses<int> pending;
  pending.AddProgress(1, /*keep=*/true);
  pending.AddProgress(2, /*keep=*/false);
  pending.SetResult(3);
  pending.Clear();
  EXPECT_EQ(pending.Take(), std::nullopt);
}

}  // namespace
}  // namespace unclip
