#include "common/rpc/rpc_span.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/rpc/loopback_call.h"
#include "common/rpc/trace_metadata.h"
#include "common/trace/recorded_spans.h"

namespace unclip {
namespace {

using ::testing::ElementsAre;

constexpr char kRpc[] = "unclip.prior.v1.PriorService/SamplePrior";

// Calls a server that ends with `status` from a client with a trace of its own.
void Call(const absl::Status& status) {
  Span request = Tracer::Process().StartRequest("request", std::nullopt, &Clock::Real());
  Span call = StartClientSpan(kRpc, request.trace());
  grpc::ClientContext context;
  ForwardTrace(call.trace().context(), &context);
  CallOverLoopback(&context, [&](grpc::CallbackServerContext* server_context) {
    Span served = StartServerSpan("server/Name", *server_context, &Clock::Real());
    EndServerSpan(status, &served);
    return grpc::Status::OK;
  });
  EndClientSpan(status, &call);
}

TEST(RpcSpanTest, TheServersSpanIsBelowTheClients) {
  const RecordedSpans spans;
  Call(absl::OkStatus());
  EXPECT_THAT(spans.names(), ElementsAre("server/Name", kRpc, "request"));
  const SpanData& client = spans.Wait(kRpc);
  const SpanData& server = spans.Wait("server/Name");
  EXPECT_EQ(client.kind, SpanKind::kClient);
  EXPECT_EQ(client.parent, spans.Wait("request").context.span_id);
  EXPECT_EQ(server.kind, SpanKind::kServer);
  EXPECT_EQ(server.parent, client.context.span_id);
  EXPECT_TRUE(server.parent_is_remote);
  EXPECT_EQ(server.context.trace_id, client.context.trace_id);
}

TEST(RpcSpanTest, HasTheConventionsAttributes) {
  const RecordedSpans spans;
  Call(absl::OkStatus());
  const SpanData& client = spans.Wait(kRpc);
  EXPECT_EQ(AttributeOf(client.attributes, "rpc.system"), "grpc");
  EXPECT_EQ(AttributeOf(client.attributes, "rpc.service"), "unclip.prior.v1.PriorService");
  EXPECT_EQ(AttributeOf(client.attributes, "rpc.method"), "SamplePrior");
  EXPECT_EQ(AttributeOf(client.attributes, "rpc.grpc.status_code"), "0");
  EXPECT_EQ(AttributeOf(client.attributes, "error.type"), "");
  EXPECT_FALSE(client.is_error);
}

TEST(RpcSpanTest, ACallersMistakeIsNoErrorOfTheServer) {
  for (const absl::StatusCode code : {absl::StatusCode::kCancelled, absl::StatusCode::kInvalidArgument,
                                      absl::StatusCode::kNotFound, absl::StatusCode::kResourceExhausted}) {
    const RecordedSpans spans;
    Call(absl::Status(code, "why"));
    EXPECT_FALSE(spans.Wait("server/Name").is_error) << absl::StatusCodeToString(code);
    EXPECT_TRUE(spans.Wait(kRpc).is_error) << absl::StatusCodeToString(code);
    EXPECT_EQ(AttributeOf(spans.Wait("server/Name").attributes, "rpc.grpc.status_code"), std::to_string(static_cast<int>(code)));
  }
}

TEST(RpcSpanTest, OursIsAnError) {
  for (const absl::StatusCode code :
       {absl::StatusCode::kUnknown, absl::StatusCode::kDeadlineExceeded, absl::StatusCode::kUnimplemented,
        absl::StatusCode::kInternal, absl::StatusCode::kUnavailable, absl::StatusCode::kDataLoss}) {
    const RecordedSpans spans;
    Call(absl::Status(code, "why"));
    const SpanData& server = spans.Wait("server/Name");
    EXPECT_TRUE(server.is_error) << absl::StatusCodeToString(code);
    EXPECT_EQ(server.error, "why");
    EXPECT_EQ(AttributeOf(server.attributes, "error.type"), absl::StatusCodeToString(code));
  }
}

}  // namespace
}  // namespace unclip
