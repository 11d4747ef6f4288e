#include "tools/simulate/core_pool.h"

#include <gtest/gtest.h>

#include <vector>

namespace unclip::simulate {
namespace {

TEST(CorePoolTest, LetsEveryTaskRunAloneWhereThereIsNoLimit) {
  EventQueue events;
  CorePool pool(&events, 0);
  std::vector<absl::Duration> ends;
  for (int i = 0; i < 3; ++i) pool.Run(absl::Seconds(2), 4, [&] { ends.push_back(events.now()); });
  while (events.RunNext()) {
  }
  EXPECT_EQ(ends, std::vector<absl::Duration>(3, absl::Seconds(2)));
  EXPECT_EQ(pool.used(), absl::Seconds(24));
}

TEST(CorePoolTest, SharesCoresAmongThreads) {
  EventQueue events;
  CorePool pool(&events, 2);
  std::vector<absl::Duration> ends(2);
  // Alone until 1 s; then three threads on two cores, each at 2/3 of its speed, until the first has done its last second's work
  // at 2.5 s; then two on two.
  pool.Run(absl::Seconds(2), 1, [&] { ends[0] = events.now(); });
  events.At(absl::Seconds(1), [&] { pool.Run(absl::Seconds(3), 2, [&] { ends[1] = events.now(); }); });
  while (events.RunNext()) {
  }
  EXPECT_NEAR(absl::ToDoubleSeconds(ends[0]), 2.5, 1e-6);
  EXPECT_NEAR(absl::ToDoubleSeconds(ends[1]), 4.5, 1e-6);
  EXPECT_NEAR(absl::ToDoubleSeconds(pool.used()), 2 + 6, 1e-6);
}

TEST(CorePoolTest, SlowsCoresThatWorkBesideOthers) {
  EventQueue events;
  CorePool pool(&events, 3, /*crowding=*/1.5);
  std::vector<absl::Duration> ends(3);
  // Three at 1 / 1.5, then two at 1 / 1.25, then one at full speed.
  for (int i = 0; i < 3; ++i) pool.Run(absl::Seconds(2 * (i + 1)), 1, [&, i] { ends[i] = events.now(); });
  while (events.RunNext()) {
  }
  EXPECT_NEAR(absl::ToDoubleSeconds(ends[0]), 3, 1e-6);
  EXPECT_NEAR(absl::ToDoubleSeconds(ends[1]), 5.5, 1e-6);
  EXPECT_NEAR(absl::ToDoubleSeconds(ends[2]), 7.5, 1e-6);
  EXPECT_NEAR(absl::ToDoubleSeconds(pool.used()), 3 * 3 + 2 * 2.5 + 2, 1e-6);
}

TEST(CorePoolTest, LetsOneTaskFollowAnother) {
  EventQueue events;
  CorePool pool(&events, 1);
  int done = 0;
  EventQueue::Action next = [&] {
    if (++done < 3) pool.Run(absl::Seconds(1), 1, next);
  };
  pool.Run(absl::Seconds(1), 1, next);
  while (events.RunNext()) {
  }
  EXPECT_EQ(events.now(), absl::Seconds(3));
  EXPECT_EQ(done, 3);
}

}  // namespace
}  // namespace unclip::simulate
