#include "common/rpc/trace_metadata.h"

#include <gtest/gtest.h>

#include <functional>

#include "common/rpc/loopback_call.h"

namespace unclip {
namespace {

constexpr char kTraceParent[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

// What a server makes of a call that `prepare` prepared.
std::optional<TraceContext> Receive(const std::function<void(grpc::ClientContext&)>& prepare) {
  grpc::ClientContext context;
  prepare(context);
  std::optional<TraceContext> received;
  const grpc::Status status = CallOverLoopback(&context, [&](grpc::CallbackServerContext* server_context) {
    received = TraceOf(*server_context);
    return grpc::Status::OK;
  });
  EXPECT_TRUE(status.ok());
  return received;
}

TEST(TraceMetadataTest, ArrivesAsItWasSent) {
  TraceContext trace = {.trace_id = NewTraceId(), .span_id = NewSpanId(), .sampled = true, .trace_state = "a=1,b=2"};
  EXPECT_EQ(Receive([&](grpc::ClientContext& context) { ForwardTrace(trace, &context); }), trace);
  trace.sampled = false;
  trace.trace_state = "";
  EXPECT_EQ(Receive([&](grpc::ClientContext& context) { ForwardTrace(trace, &context); }), trace);
}

TEST(TraceMetadataTest, JoinsTraceStatesInOrder) {
  const auto received = Receive([](grpc::ClientContext& context) {
    context.AddMetadata(kTraceParentKey, kTraceParent);
    context.AddMetadata(kTraceStateKey, "b=2");
    context.AddMetadata(kTraceStateKey, "a=1");
  });
  ASSERT_TRUE(received.has_value());
  EXPECT_EQ(FormatTraceParent(*received), kTraceParent);
  EXPECT_EQ(received->trace_state, "b=2,a=1");
}

TEST(TraceMetadataTest, IsNothingWhenThereIsNoneOrABadOneOrTwo) {
  EXPECT_EQ(Receive([](grpc::ClientContext&) {}), std::nullopt);
  EXPECT_EQ(Receive([](grpc::ClientContext& context) { context.AddMetadata(kTraceParentKey, "00-0-0-0"); }), std::nullopt);
  EXPECT_EQ(Receive([](grpc::ClientContext& context) {
              context.AddMetadata(kTraceParentKey, kTraceParent);
              context.AddMetadata(kTraceParentKey, kTraceParent);
            }),
            std::nullopt);
}

}  // namespace
}  // namespace unclip
