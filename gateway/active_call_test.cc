#include "gateway/active_call.h"

#include <grpcpp/server_context.h>
#include <gtest/gtest.h>

#include "base/fake_clock.h"
#include "base/status_matchers.h"
#include "common/metrics/metrics_registry.h"

namespace unclip::gateway {
namespace {

TEST(ActiveCallTest, WithoutADeadlineGetsTheDefault) {
  FakeClock clock;
  MetricsRegistry registry("gateway");
  RpcMetrics metrics(registry);
  grpc::ServerContext context;
  ActiveCall call("Test", &context, absl::Minutes(1), &metrics, &clock);
  EXPECT_EQ(call.request().context().remaining(), absl::Minutes(1));
  EXPECT_OK(call.CheckStart());
  clock.Advance(absl::Minutes(1));
  EXPECT_THAT(call.CheckStart(), StatusIs(absl::StatusCode::kDeadlineExceeded, testing::_));
}

}  // namespace
}  // namespace unclip::gateway
