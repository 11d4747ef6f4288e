#include "gateway/upstreams.h"

#include <gtest/gtest.h>

#include "base/status_matchers.h"
#include "gateway/testing/fake_cluster.h"

namespace unclip::gateway {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// The gateway's own picture of its services, seen through a whole gateway.
class UpstreamsTest : public testing::Test {
 protected:
  absl::StatusCode GetCapabilities(std::string* message = nullptr) {
    grpc::ClientContext context;
    v1::GetCapabilitiesResponse response;
    const grpc::Status status = cluster_.stub().GetCapabilities(&context, {}, &response);
    if (message != nullptr) *message = status.error_message();
    return static_cast<absl::StatusCode>(status.error_code());
  }

  FakeCluster cluster_;
};

TEST_F(UpstreamsTest, IsUpWhenAllServicesAre) {
  cluster_.Start();
  EXPECT_TRUE(cluster_.WaitUntil([](const UpstreamsUp& up) { return up.clip && up.prior && up.decoder && up.all; }));
  EXPECT_EQ(GetCapabilities(), absl::StatusCode::kOk);
}

TEST_F(UpstreamsTest, NamesTheServiceThatIsNotUp) {
  cluster_.StartServices();
  cluster_.prior_server().Kill();
  cluster_.StartGateway();
  EXPECT_TRUE(cluster_.WaitUntil([](const UpstreamsUp& up) { return up.clip && up.decoder && !up.prior && !up.all; }));
  std::string message;
  EXPECT_EQ(GetCapabilities(&message), absl::StatusCode::kUnavailable);
  EXPECT_THAT(message, AllOf(HasSubstr("the prior service (" + cluster_.prior_server().address() + ") is not up"),
                             Not(HasSubstr("clip")), Not(HasSubstr("decoder"))));
}

TEST_F(UpstreamsTest, NoticesAServiceThatGoesAndComesBack) {
  cluster_.Start();
  cluster_.decoder_server().Kill();
  EXPECT_TRUE(cluster_.WaitUntil([](const UpstreamsUp& up) { return up.clip && up.prior && !up.decoder && !up.all; }));
  EXPECT_EQ(GetCapabilities(), absl::StatusCode::kOk) << "what the models can do is known all the same";
  cluster_.decoder_server().Start();
  EXPECT_TRUE(cluster_.WaitUntil([](const UpstreamsUp& up) { return up.decoder && up.all; }));
}

TEST_F(UpstreamsTest, TakesAServiceThatIsNotServingForNotUp) {
  cluster_.Start();
  cluster_.clip_server().SetServing(false);
  EXPECT_TRUE(cluster_.WaitUntil([](const UpstreamsUp& up) { return !up.clip && up.prior && up.decoder && !up.all; }));
  cluster_.clip_server().SetServing(true);
  EXPECT_TRUE(cluster_.WaitUntil([](const UpstreamsUp& up) { return up.all; }));
}

TEST_F(UpstreamsTest, IsNotUpWhileTheModelsDoNotFitTogether) {
  cluster_.decoder().info.set_embedding_dim(kFakeEmbeddingDim + 1);
  cluster_.StartServices();
  cluster_.StartGateway();
  EXPECT_TRUE(cluster_.WaitUntil([](const UpstreamsUp& up) { return up.clip && up.prior && up.decoder; }));
  std::string message;
  EXPECT_EQ(GetCapabilities(&message), absl::StatusCode::kUnavailable);
  EXPECT_THAT(message, HasSubstr("embedding_dim is 4 in the clip service, 4 in the prior service and 5 in the decoder service"));
  EXPECT_FALSE(cluster_.WaitUntil([](const UpstreamsUp& up) { return up.all; }, absl::ZeroDuration()));

  // The operator puts it right.
  cluster_.decoder_server().Kill();
  cluster_.decoder().info = FakeDecoderInfo();
  cluster_.decoder_server().Start();
  EXPECT_TRUE(cluster_.WaitUntil([](const UpstreamsUp& up) { return up.all; }));
}

TEST_F(UpstreamsTest, StaysUpWhileOneOfTwoReplicasIsLeft) {
  FakeCluster cluster(/*prior_count=*/2);
  cluster.Start();
  cluster.prior_server(0).Kill();
  cluster.clip_server().Kill();  // so that there is a change to wait for
  EXPECT_TRUE(cluster.WaitUntil([](const UpstreamsUp& up) { return !up.clip; }));
  EXPECT_TRUE(cluster.WaitUntil([](const UpstreamsUp& up) { return up.prior; }, absl::ZeroDuration()));
  cluster.prior_server(1).Kill();
  EXPECT_TRUE(cluster.WaitUntil([](const UpstreamsUp& up) { return !up.prior; }));
}

}  // namespace
}  // namespace unclip::gateway
