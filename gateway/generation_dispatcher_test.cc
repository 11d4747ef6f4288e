#include "gateway/generation_dispatcher.h"

#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "base/status_matchers.h"
#include "gateway/testing/fake_cluster.h"

namespace unclip::gateway {
namespace {

class CountingObserver final : public GenerationObserver {
 public:
  void OnProgress(v1::GenerationProgress /*progress*/) override {}
  void OnImage(v1::GeneratedImage /*image*/) override { ++images; }

  int images = 0;
};

class GenerationDispatcherTest : public testing::Test {
 protected:
  GenerationDispatcherTest() { cluster_.Start(); }

  GenerationDispatcher& dispatcher() { return cluster_.gateway().dispatcher(); }

  absl::StatusOr<AdmittedRequest> Admit(absl::Duration time = absl::Minutes(1)) {
    v1::GenerateImageRequest message;
    message.set_prompt("a cat");
    return dispatcher().Admit(std::make_shared<ActiveRequest>("id", Clock::Real().Now() + time, &Clock::Real()), message);
  }

  FakeCluster cluster_;
};

TEST_F(GenerationDispatcherTest, TellsWhatCameOfARequest) {
  absl::StatusOr<AdmittedRequest> admitted = Admit();
  ASSERT_OK(admitted);
  CountingObserver observer;
  absl::Status status = absl::UnknownError("not called");
  dispatcher().Start(*std::move(admitted), observer,
                     [&status](const absl::StatusOr<std::vector<v1::Warning>>& result) { status = result.status(); });
  dispatcher().Drain(absl::InfiniteDuration());
  EXPECT_OK(status);
  EXPECT_EQ(observer.images, 1);
}

TEST_F(GenerationDispatcherTest, RefusesWhatIsTooLate) {
  EXPECT_THAT(Admit(absl::ZeroDuration()).status(), StatusIs(absl::StatusCode::kDeadlineExceeded, testing::_));
}

TEST_F(GenerationDispatcherTest, CountsWhomItTurnsAway) {
  FakeCluster cluster;
  cluster.Start({.max_requests = 1});
  GenerationDispatcher& dispatcher = cluster.gateway().dispatcher();
  v1::GenerateImageRequest message;
  message.set_prompt("a cat");
  const auto admit = [&](absl::Duration time, IfRefused if_refused = IfRefused::kTellUser) {
    return dispatcher.Admit(std::make_shared<ActiveRequest>("id", Clock::Real().Now() + time, &Clock::Real()), message,
                            if_refused);
  };
  const auto rejections = [&cluster](const std::string& reason) {
    const std::string text = prometheus::TextSerializer().Serialize(cluster.metrics().prometheus_registry()->Collect());
    const std::string start = "unclip_gateway_rejections_total{reason=\"" + reason + "\"} ";
    const size_t found = text.find(start);
    return found == std::string::npos ? -1 : std::stoi(text.substr(found + start.size()));
  };
  EXPECT_EQ(rejections("deadline"), 0);
  EXPECT_FALSE(admit(absl::ZeroDuration()).ok());
  EXPECT_EQ(rejections("deadline"), 1);

  absl::StatusOr<AdmittedRequest> admitted = admit(absl::Minutes(1));
  ASSERT_OK(admitted);
  EXPECT_THAT(admit(absl::Minutes(1)).status(), StatusIs(absl::StatusCode::kResourceExhausted, testing::_));
  EXPECT_EQ(rejections("gateway_full"), 1);
  EXPECT_THAT(admit(absl::Minutes(1), IfRefused::kTryAgain).status(), StatusIs(absl::StatusCode::kResourceExhausted, testing::_));
  EXPECT_EQ(rejections("gateway_full"), 1);

  CountingObserver observer;
  dispatcher.Start(*std::move(admitted), observer, [](const absl::StatusOr<std::vector<v1::Warning>>&) {});
  dispatcher.Drain(absl::InfiniteDuration());
  EXPECT_THAT(admit(absl::Minutes(1)).status(), StatusIs(absl::StatusCode::kUnavailable, testing::_));
  EXPECT_EQ(rejections("draining"), 1);

  cluster.clip_server().Kill();
  ASSERT_TRUE(cluster.WaitUntil([](const UpstreamsUp& up) { return !up.clip; }));
  EXPECT_THAT(admit(absl::Minutes(1)).status(), StatusIs(absl::StatusCode::kUnavailable, testing::_));
  EXPECT_EQ(rejections("upstream_down"), 1);
}

// What `done` holds may need what its owner destroys once the dispatcher is drained.
TEST_F(GenerationDispatcherTest, HoldsNothingOfARequestOnceDrained) {
  std::vector<std::weak_ptr<CountingObserver>> watched;
  for (int i = 0; i < 20; ++i) {
    absl::StatusOr<AdmittedRequest> admitted = Admit();
    ASSERT_OK(admitted);
    auto held = std::make_shared<CountingObserver>();
    watched.push_back(held);
    CountingObserver& observer = *held;
    dispatcher().Start(*std::move(admitted), observer,
                       [held = std::move(held)](const absl::StatusOr<std::vector<v1::Warning>>&) {});
  }
  dispatcher().Drain(absl::InfiniteDuration());
  for (const std::weak_ptr<CountingObserver>& held : watched) EXPECT_TRUE(held.expired());
}

}  // namespace
}  // namespace unclip::gateway
