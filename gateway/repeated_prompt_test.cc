// What a gateway asks of the clip service when the same prompt comes again.
#include <gtest/gtest.h>

#include <string>

#include "base/status_matchers.h"
#include "gateway/testing/gateway_fixture.h"

namespace unclip::gateway {
namespace {

using ::testing::ElementsAre;

class RepeatedPromptTest : public GatewayFixture {
 protected:
  // Ends the clip service, and starts it again with `fingerprint`.
  void RestartClip(const std::string& fingerprint) {
    cluster_.clip_server().Kill();
    ASSERT_TRUE(cluster_.WaitUntil([](const UpstreamsUp& up) { return !up.clip; }));
    cluster_.clip().info.mutable_model()->set_fingerprint(fingerprint);
    cluster_.clip_server().Start();
    ASSERT_TRUE(cluster_.WaitUntil([](const UpstreamsUp& up) { return up.all; }));
  }
};

TEST_F(RepeatedPromptTest, IsEmbeddedOnceAndGivesTheSamePicture) {
  cluster_.Start();
  ASSERT_OK_AND_ASSIGN(const v1::GenerateImageResponse first, Generate());
  ASSERT_OK_AND_ASSIGN(const v1::GenerateImageResponse second, Generate());
  EXPECT_EQ(cluster_.clip().log.size(), 1u);
  EXPECT_EQ(second.images(0).image().data(), first.images(0).image().data());
  EXPECT_EQ(second.images(0).similarity(), first.images(0).similarity());
  EXPECT_EQ(second.images(0).timings_size(), first.images(0).timings_size());
}

TEST_F(RepeatedPromptTest, TheEmptyPromptIsEmbeddedOnceForAll) {
  cluster_.Start();
  ASSERT_OK(Generate());
  v1::GenerateImageRequest request = PictureRequest();
  request.set_prompt("a blue ring");
  ASSERT_OK(Generate(request));
  EXPECT_THAT(cluster_.clip().log.calls().at(1).request.prompts(), ElementsAre("a blue ring"));
}

TEST_F(RepeatedPromptTest, IsEmbeddedEachTimeWithoutTheCacheAndGivesTheSamePicture) {
  cluster_.Start();
  ASSERT_OK_AND_ASSIGN(const v1::GenerateImageResponse kept, Generate());
  FakeCluster without;
  without.Start({.embedding_cache_mib = 0});
  for (size_t calls = 1; calls <= 2; ++calls) {
    grpc::ClientContext context;
    v1::GenerateImageResponse response;
    ASSERT_TRUE(without.stub().GenerateImage(&context, PictureRequest(), &response).ok());
    EXPECT_EQ(without.clip().log.size(), calls);
    EXPECT_EQ(response.images(0).image().data(), kept.images(0).image().data());
  }
}

TEST_F(RepeatedPromptTest, IsEmbeddedAgainByAnotherModel) {
  cluster_.Start();
  ASSERT_OK(Generate());
  RestartClip("another");
  ASSERT_OK(Generate());
  ASSERT_OK(Generate());
  EXPECT_EQ(cluster_.clip().log.size(), 2u);
}

// Its weights may be others though its fingerprint is the same.
TEST_F(RepeatedPromptTest, IsEmbeddedAgainWhenTheServiceWasAway) {
  cluster_.Start();
  ASSERT_OK(Generate());
  RestartClip(FakeClipInfo().model().fingerprint());
  ASSERT_OK(Generate());
  EXPECT_EQ(cluster_.clip().log.size(), 2u);
}

}  // namespace
}  // namespace unclip::gateway
