// Several replicas of a service, and what a caller notices when one is lost.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "base/status_matchers.h"
#include "common/rpc/status_conversion.h"
#include "gateway/testing/fake_cluster.h"

namespace unclip::gateway {
namespace {

using ::testing::HasSubstr;

class FailoverTest : public testing::Test {
 protected:
  static v1::GenerateImageRequest Request() {
    v1::GenerateImageRequest request;
    request.set_prompt("a red heart");
    request.set_seed(7);
    return request;
  }

  absl::StatusOr<v1::GenerateImageResponse> Generate(const v1::GenerateImageRequest& request = Request()) {
    grpc::ClientContext context;
    v1::GenerateImageResponse response;
    const grpc::Status status = cluster_.stub().GenerateImage(&context, request, &response);
    if (!status.ok()) return FromGrpcStatus(status);
    return response;
  }

  FakeCluster cluster_{/*prior_count=*/2, /*decoder_count=*/2};
};

TEST_F(FailoverTest, ReplicasShareTheLoad) {
  cluster_.Start();
  v1::GenerateImageRequest request = Request();
  request.set_image_count(10);
  ASSERT_OK(Generate(request));
  ASSERT_OK(Generate(request));
  for (int i = 0; i < 2; ++i) {
    EXPECT_GE(cluster_.prior(i).log.size(), 5u);
    EXPECT_GE(cluster_.decoder(i).log.size(), 5u);
  }
}

TEST_F(FailoverTest, ReplicaKilledMidStreamCostsNothingButTime) {
  cluster_.Start();
  ASSERT_OK_AND_ASSIGN(const v1::GenerateImageResponse undisturbed, Generate());

  std::atomic<int> killed = 0;
  std::vector<std::thread> killers;
  absl::Mutex mutex;
  // The replica that gets the call first is killed at its second step.
  for (int i = 0; i < 2; ++i) {
    cluster_.decoder(i).on_step = [&, i](grpc::ServerContext& context, const decoder::v1::DecodeImageRequest&, int step) {
      if (step != 2 || killed.fetch_add(1) > 0) return grpc::Status::OK;
      {
        absl::MutexLock lock(&mutex);
        killers.emplace_back([this, i] { cluster_.decoder_server(i).Kill(); });
      }
      WaitUntilCancelled(context);
      return grpc::Status::CANCELLED;
    };
  }
  ASSERT_OK_AND_ASSIGN(const v1::GenerateImageResponse disturbed, Generate());
  EXPECT_GE(killed, 2) << "the other replica should have taken over";
  EXPECT_EQ(disturbed.images(0).image().data(), undisturbed.images(0).image().data());
  for (std::thread& killer : killers) killer.join();
  ASSERT_OK_AND_ASSIGN(const v1::GenerateImageResponse afterwards, Generate());
  EXPECT_EQ(afterwards.images(0).image().data(), undisturbed.images(0).image().data());
}

TEST_F(FailoverTest, DrainedReplicaGetsNoNewCalls) {
  cluster_.Start();
  cluster_.prior_server(0).SetServing(false);
  // The channel hears of it within moments; until then calls may still come, and are served.
  size_t before;
  do {
    before = cluster_.prior(0).log.size();
    for (int i = 0; i < 4; ++i) ASSERT_OK(Generate());
  } while (cluster_.prior(0).log.size() != before);
  const size_t other = cluster_.prior(1).log.size();
  for (int i = 0; i < 6; ++i) ASSERT_OK(Generate());
  EXPECT_EQ(cluster_.prior(0).log.size(), before);
  EXPECT_EQ(cluster_.prior(1).log.size(), other + 6);
}

TEST_F(FailoverTest, LosingEveryReplicaIsUnavailableUntilOneIsBack) {
  cluster_.Start();
  ASSERT_OK_AND_ASSIGN(const v1::GenerateImageResponse before, Generate());
  cluster_.prior_server(0).Kill();
  cluster_.prior_server(1).Kill();
  EXPECT_TRUE(cluster_.WaitUntil([](const UpstreamsUp& up) { return !up.prior; }));
  EXPECT_THAT(Generate(), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("the prior service")));
  cluster_.prior_server(1).Start();
  EXPECT_TRUE(cluster_.WaitUntil([](const UpstreamsUp& up) { return up.all; }));
  ASSERT_OK_AND_ASSIGN(const v1::GenerateImageResponse after, Generate());
  EXPECT_EQ(after.images(0).image().data(), before.images(0).image().data());
}

// A gRPC 1.51 server that shuts down ends a few calls with CANCELLED, which nobody asked for.
TEST_F(FailoverTest, CancelledUnaskedIsTriedElsewhere) {
  std::atomic<int> failed = 0;
  for (int i = 0; i < 2; ++i) {
    cluster_.prior(i).on_step = [&](grpc::ServerContext&, const prior::v1::SamplePriorRequest&, int) {
      return failed.fetch_add(1) == 0 ? grpc::Status::CANCELLED : grpc::Status::OK;
    };
  }
  cluster_.Start();
  EXPECT_OK(Generate());
  EXPECT_GE(failed, 2);
}

}  // namespace
}  // namespace unclip::gateway
