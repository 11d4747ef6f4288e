#include "tools/simulate/replica_set.h"

#include <gtest/gtest.h>

#include <map>

#include "base/status_matchers.h"

namespace unclip::simulate {
namespace {

class ReplicaSetTest : public testing::Test {
 protected:
  void RunUntil(double seconds) {
    bool reached = false;
    events_.At(absl::Seconds(seconds), [&] { reached = true; });
    while (!reached) events_.RunNext();
  }

  EventQueue events_;
  CorePool cores_{&events_, 0};
  ServiceProfile profile_ = {
      .name = "decoder", .stages = {{.name = "decoder", .step = *StepTimes::Create({{1, 1.0}})}}, .load = absl::Seconds(20)};
  RandomNumbers random_{1};
  ReplicaSet replicas_{{.pending = absl::Seconds(5)}, &profile_, 2, &events_, &cores_};
};

TEST_F(ReplicaSetTest, ServesWithNewReplicasOnceTheyAreLoaded) {
  replicas_.ScaleTo(3);
  EXPECT_EQ(replicas_.count(), 3);
  RunUntil(4);
  EXPECT_EQ(replicas_.pods().back()->phase, Pod::Phase::kPending);
  RunUntil(24);
  EXPECT_EQ(replicas_.pods().back()->phase, Pod::Phase::kLoading);
  EXPECT_EQ(replicas_.Serving().size(), 2);
  RunUntil(26);
  EXPECT_EQ(replicas_.Serving().size(), 3);
  EXPECT_EQ(replicas_.lived(), 3 * absl::Seconds(26));
}

TEST_F(ReplicaSetTest, StopsTheLeastReadyFirstAndFinishesWhatIsHeld) {
  const std::shared_ptr<Pod> youngest = replicas_.pods().back();
  absl::Duration end;
  ASSERT_OK(youngest->replica->Submit({{.steps = 10}}, absl::InfiniteDuration(), [&](const JobResult& result) {
    EXPECT_OK(result.status);
    end = events_.now();
  }));
  replicas_.ScaleTo(4);
  RunUntil(1);
  replicas_.ScaleTo(1);
  EXPECT_EQ(replicas_.count(), 1);
  ASSERT_EQ(replicas_.pods().size(), 2);
  EXPECT_EQ(youngest->phase, Pod::Phase::kDraining);
  EXPECT_EQ(replicas_.Serving().size(), 1);
  RunUntil(60);
  EXPECT_EQ(end, absl::Seconds(10));
  EXPECT_EQ(replicas_.pods().size(), 1);
  EXPECT_EQ(replicas_.most(), 4);
  // What drained cost its time: two lived for a second, one for ten.
  EXPECT_NEAR(absl::ToDoubleSeconds(replicas_.lived()), 60 + 2 + 10, 0.11);
  EXPECT_EQ(replicas_.busy(), absl::Seconds(10));
}

TEST_F(ReplicaSetTest, IsAskedInTurn) {
  RoundRobin round_robin(&replicas_, absl::ZeroDuration(), &random_);
  std::map<uint64_t, int> asked;
  for (int i = 0; i < 10; ++i) ++asked[round_robin.Next(events_.now())->number];
  EXPECT_EQ(asked, (std::map<uint64_t, int>{{0, 5}, {1, 5}}));
  replicas_.ScaleTo(1);
  EXPECT_EQ(round_robin.Next(events_.now())->number, 0);
  EXPECT_EQ(round_robin.Next(events_.now())->number, 0);
  replicas_.ScaleTo(0);
  EXPECT_EQ(round_robin.Next(events_.now()), nullptr);
}

TEST_F(ReplicaSetTest, IsFoundWhenAConnectionIsRenewed) {
  RoundRobin round_robin(&replicas_, absl::Seconds(300), &random_);
  std::map<uint64_t, int> asked;
  const auto ask_twelve = [&] {
    asked.clear();
    for (int i = 0; i < 12; ++i) ++asked[round_robin.Next(events_.now())->number];
  };
  ask_twelve();
  replicas_.ScaleTo(3);  // serves at 25 s, and is found within half of 300 s, as there are two connections
  RunUntil(25.5);
  ask_twelve();
  EXPECT_EQ(asked, (std::map<uint64_t, int>{{0, 6}, {1, 6}}));
  RunUntil(25 + 150);
  ask_twelve();
  EXPECT_EQ(asked, (std::map<uint64_t, int>{{0, 4}, {1, 4}, {2, 4}}));
  replicas_.ScaleTo(2);
  ask_twelve();
  EXPECT_EQ(asked, (std::map<uint64_t, int>{{0, 6}, {1, 6}}));
}

}  // namespace
}  // namespace unclip::simulate
