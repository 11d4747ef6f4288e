#include "gateway/gateway.h"

#include <gtest/gtest.h>

#include "base/status_matchers.h"

namespace unclip::gateway {
namespace {

using ::testing::HasSubstr;

GatewayOptions Good() { return {.clip_target = "clip:1", .prior_target = "prior:1", .decoder_target = "10.0.0.1:1,10.0.0.2:1"}; }

absl::Status Create(const GatewayOptions& options) {
  MetricsRegistry metrics("gateway");
  return Gateway::Create(options, metrics).status();
}

TEST(GatewayTest, IsCreatedBeforeAnyServiceIsUp) { EXPECT_OK(Create(Good())); }

TEST(GatewayTest, NamesTheTargetThatIsWrong) {
  GatewayOptions options = Good();
  options.clip_target = "";
  EXPECT_THAT(Create(options), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--clip_target")));
  options = Good();
  options.prior_target = "prior";
  EXPECT_THAT(Create(options), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--prior_target is \"prior\"")));
  options = Good();
  options.decoder_target = "decoder-0:1,decoder-1:1";
  EXPECT_THAT(Create(options), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--decoder_target lists the name")));
}

TEST(GatewayTest, RefusesLimitsOutOfRange) {
  GatewayOptions options = Good();
  options.max_requests = 0;
  EXPECT_THAT(Create(options), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--max_requests is 0")));
  options = Good();
  options.max_pictures = -1;
  EXPECT_THAT(Create(options), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--max_pictures is -1")));
  options = Good();
  options.embedding_cache_mib = -1;
  EXPECT_THAT(Create(options), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--embedding_cache_mib is -1")));
  options = Good();
  options.default_deadline = absl::ZeroDuration();
  EXPECT_THAT(Create(options), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--default_deadline")));
}

}  // namespace
}  // namespace unclip::gateway
