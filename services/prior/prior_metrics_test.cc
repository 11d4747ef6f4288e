#include "services/prior/prior_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/metrics/documented_metrics.h"

namespace unclip::prior {
namespace {

TEST(PriorMetricsTest, AreAllDocumentedAndNoOthers) {
  const PriorMetrics metrics;
  EXPECT_THAT(DocumentedMetricNames("prior"), testing::UnorderedElementsAreArray(metrics.registry.names()));
}

}  // namespace
}  // namespace unclip::prior
