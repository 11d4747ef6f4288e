#include "tools/simulate/event_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unclip::simulate {
namespace {

using testing::ElementsAre;

TEST(EventQueueTest, LetsEventsHappenInTheirOrder) {
  EventQueue events;
  std::vector<int> order;
  const auto note = [&](int number) { return [&order, number] { order.push_back(number); }; };
  events.At(absl::Seconds(2), note(2));
  events.At(absl::Seconds(1), note(1));
  events.At(absl::Seconds(2), note(3));
  events.At(absl::Seconds(1), [&] {
    events.After(absl::Seconds(2), note(4));
    events.At(absl::ZeroDuration(), note(5));  // too late: now
  });
  while (events.RunNext()) {
  }
  EXPECT_THAT(order, ElementsAre(1, 5, 2, 3, 4));
  EXPECT_EQ(events.now(), absl::Seconds(3));
}

}  // namespace
}  // namespace unclip::simulate
