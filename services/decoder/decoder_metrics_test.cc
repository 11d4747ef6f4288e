#include "services/decoder/decoder_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/metrics/documented_metrics.h"

namespace unclip::decoder {
namespace {

TEST(DecoderMetricsTest, AreAllDocumentedAndNoOthers) {
  const DecoderMetrics metrics;
  EXPECT_THAT(DocumentedMetricNames("decoder"), testing::UnorderedElementsAreArray(metrics.registry.names()));
}

}  // namespace
}  // namespace unclip::decoder
