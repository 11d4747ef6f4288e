#include "model/row_lanes.h"

#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <utility>

#include "absl/synchronization/barrier.h"

namespace unclip::model {
namespace {

using Parts = std::set<std::pair<int64_t, int64_t>>;

Parts PartsOf(RowLanes& lanes, int64_t rows) {
  absl::Mutex mutex;
  Parts parts;
  lanes.Run(rows, [&](int64_t begin, int64_t end) {
    absl::MutexLock lock(&mutex);
    parts.emplace(begin, end);
  });
  return parts;
}

TEST(RowLanesTest, CutsRowsIntoEvenParts) {
  RowLanes lanes(3);
  EXPECT_EQ(PartsOf(lanes, 7), (Parts{{0, 2}, {2, 4}, {4, 7}}));
  EXPECT_EQ(PartsOf(lanes, 3), (Parts{{0, 1}, {1, 2}, {2, 3}}));
  EXPECT_EQ(PartsOf(lanes, 1), (Parts{{0, 1}}));
  EXPECT_EQ(PartsOf(lanes, 0), Parts{});
}

TEST(RowLanesTest, RunsThePartsAtTheSameTime) {
  RowLanes lanes(2);
  for (int i = 0; i < 100; ++i) {
    absl::Barrier* barrier = new absl::Barrier(2);  // would block for ever one after the other
    lanes.Run(2, [&](int64_t, int64_t) {
      if (barrier->Block()) delete barrier;
    });
  }
}

TEST(RowLanesTest, ComputesEachPartOnOneThreadAndKeepsTheCallersSetting) {
  at::set_num_threads(3);
  RowLanes lanes(2);
  lanes.Run(2, [](int64_t, int64_t) { EXPECT_EQ(at::get_num_threads(), 1); });
  EXPECT_EQ(at::get_num_threads(), 3);
}

TEST(RowLanesTest, ThrowsWhatAPartThrowsAndGoesOn) {
  RowLanes lanes(2);
  for (const int64_t bad : {0, 1}) {
    EXPECT_THROW(lanes.Run(2,
                           [bad](int64_t begin, int64_t) {
                             if (begin == bad) throw std::runtime_error("no memory");
                           }),
                 std::runtime_error);
    EXPECT_EQ(PartsOf(lanes, 2).size(), 2);
  }
}

TEST(RowLanesTest, NeedsNoOtherThread) {
  RowLanes lanes(1);
  EXPECT_EQ(PartsOf(lanes, 5), (Parts{{0, 5}}));
}

}  // namespace
}  // namespace unclip::model
