#include "services/clip/clip_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/metrics/documented_metrics.h"

namespace unclip::clip {
namespace {

TEST(ClipMetricsTest, AreAllDocumentedAndNoOthers) {
  const ClipMetrics metrics;
  EXPECT_THAT(DocumentedMetricNames("clip"), testing::UnorderedElementsAreArray(metrics.registry.names()));
}

}  // namespace
}  // namespace unclip::clip
