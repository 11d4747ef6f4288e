#include "common/rpc/request_id.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "base/status_matchers.h"
#include "common/rpc/loopback_call.h"
#include "common/rpc/status_conversion.h"

namespace unclip {
namespace {

using ::testing::HasSubstr;

// What a server makes of a call with these ids.
absl::StatusOr<std::string> Receive(const std::vector<std::string>& sent) {
  grpc::ClientContext context;
  for (const std::string& id : sent) ForwardRequestId(id, &context);
  absl::StatusOr<std::string> received;
  const grpc::Status status = CallOverLoopback(&context, [&](grpc::CallbackServerContext* server_context) {
    received = RequestIdOf(*server_context);
    return grpc::Status::OK;
  });
  if (!status.ok()) return FromGrpcStatus(status);
  return received;
}

TEST(RequestIdTest, TakesWhatTheCallerSent) {
  ASSERT_OK_AND_ASSIGN(const std::string id, Receive({"req-42/a:b"}));
  EXPECT_EQ(id, "req-42/a:b");
}

TEST(RequestIdTest, MakesOneWhenNoneWasSent) {
  ASSERT_OK_AND_ASSIGN(const std::string id, Receive({}));
  EXPECT_TRUE(IsValidRequestId(id));
  EXPECT_EQ(id.size(), 32);
}

TEST(RequestIdTest, RefusesBadOnes) {
  for (const std::string& bad : {std::string(129, 'x'), std::string("a b"), std::string("")}) {
    EXPECT_THAT(Receive({bad}), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("1 to 128 visible ASCII"))) << bad;
  }
  EXPECT_THAT(Receive({"a", "b"}), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("more than once")));
}

TEST(RequestIdTest, KnowsWhatIsValid) {
  EXPECT_TRUE(IsValidRequestId("!"));
  EXPECT_TRUE(IsValidRequestId(std::string(128, '~')));
  for (const char* bad : {"", " ", "a\n", "a\x7f", "\xc3\xa9"}) EXPECT_FALSE(IsValidRequestId(bad)) << bad;
}

TEST(RequestIdTest, MakesNewOnesEachTime) {
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) ids.insert(NewRequestId());
  EXPECT_EQ(ids.size(), 1000);
}

}  // namespace
}  // namespace unclip
