#include "train/train_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/metrics/documented_metrics.h"

namespace unclip::train {
namespace {

TEST(TrainMetricsTest, AreAllDocumentedAndNoOthers) {
  const TrainMetrics metrics("decoder");
  EXPECT_THAT(DocumentedMetricNames("train"), testing::UnorderedElementsAreArray(metrics.registry.names()));
}

}  // namespace
}  // namespace unclip::train
