#include "common/server/health_service.h"

#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/support/client_callback.h>
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "base/status_matchers.h"
#include "common/server/health_client.h"
#include "common/server/health_wire.h"

namespace unclip {
namespace {

using ::testing::HasSubstr;

constexpr absl::Duration kTimeout = absl::Seconds(20);

// A Watch call that keeps what it was told.
class WatchClient final : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  WatchClient(const std::shared_ptr<grpc::Channel>& channel, const std::string& service)
      : request_(SerializeHealthRequest(service)), stub_(channel) {
    stub_.PrepareBidiStreamingCall(&context_, kHealthWatchMethod, grpc::StubOptions(), this);
    StartWriteLast(&request_, grpc::WriteOptions());
    StartRead(&response_);
    StartCall();
  }

  ~WatchClient() override {
    context_.TryCancel();
    Status();
  }

  // The next status that the server tells; waits for it. Nothing when the stream has ended.
  std::optional<int> Next() {
    absl::MutexLock lock(&mutex_);
    const auto ready = [this] { return !statuses_.empty() || status_.has_value(); };
    mutex_.Await(absl::Condition(&ready));
    if (statuses_.empty()) return std::nullopt;
    const int status = statuses_.front();
    statuses_.pop_front();
    return status;
  }

  // How the stream ended; waits for it.
  grpc::Status Status() {
    absl::MutexLock lock(&mutex_);
    const auto ended = [this] { return status_.has_value(); };
    mutex_.Await(absl::Condition(&ended));
    return *status_;
  }

  void Cancel() { context_.TryCancel(); }

 private:
  void OnReadDone(bool ok) override {
    if (!ok) return;
    {
      absl::MutexLock lock(&mutex_);
      statuses_.push_back(ParseHealthResponse(response_).value_or(-1));
    }
    StartRead(&response_);
  }

  void OnDone(const grpc::Status& status) override {
    absl::MutexLock lock(&mutex_);
    status_ = status;
  }

  grpc::ClientContext context_;
  const grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
  grpc::GenericStub stub_;
  absl::Mutex mutex_;
  std::deque<int> statuses_;
  std::optional<grpc::Status> status_;
};

class HealthServiceTest : public testing::Test {
 protected:
  HealthServiceTest() : health_({"", "unclip.prior.v1.PriorService"}) {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&health_);
    server_ = builder.BuildAndStart();
    channel_ = grpc::CreateChannel(absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials());
  }

  absl::Status Check(const std::string& service) { return CheckHealth(channel_, service, kTimeout); }

  HealthService health_;
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

TEST_F(HealthServiceTest, StartsOutAsNotServing) {
  EXPECT_THAT(Check(""), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("is 2")));
  EXPECT_THAT(Check("unclip.prior.v1.PriorService"), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("is 2")));
  EXPECT_FALSE(health_.IsServing(""));
}

TEST_F(HealthServiceTest, ServesEachNameApart) {
  health_.SetServing("", true);
  EXPECT_OK(Check(""));
  EXPECT_TRUE(health_.IsServing(""));
  EXPECT_THAT(Check("unclip.prior.v1.PriorService"), StatusIs(absl::StatusCode::kFailedPrecondition, testing::_));
  health_.SetServing("", false);
  EXPECT_THAT(Check(""), StatusIs(absl::StatusCode::kFailedPrecondition, testing::_));
}

TEST_F(HealthServiceTest, DoesNotFindUnknownNames) {
  EXPECT_THAT(Check("other"), StatusIs(absl::StatusCode::kNotFound, testing::_));
  health_.SetServing("other", true);
  EXPECT_OK(Check("other"));
}

TEST_F(HealthServiceTest, StreamsChanges) {
  WatchClient watch(channel_, "");
  EXPECT_EQ(watch.Next(), 2);
  health_.SetServing("unclip.prior.v1.PriorService", true);  // another name
  health_.SetServing("", false);                             // no change
  health_.SetServing("", true);
  EXPECT_EQ(watch.Next(), 1);
  health_.Drain();
  EXPECT_EQ(watch.Next(), 2);
}

TEST_F(HealthServiceTest, StreamsNamesThatAppearLater) {
  WatchClient watch(channel_, "clip");
  EXPECT_EQ(watch.Next(), 3);
  health_.SetServing("clip", false);
  EXPECT_EQ(watch.Next(), 2);
}

TEST_F(HealthServiceTest, StaysNotServingOnceDrained) {
  health_.SetServing("", true);
  health_.Drain();
  health_.SetServing("", true);
  EXPECT_THAT(Check(""), StatusIs(absl::StatusCode::kFailedPrecondition, testing::_));
}

TEST_F(HealthServiceTest, EndsWatchesSoThatTheServerCanShutDown) {
  WatchClient watch(channel_, "");
  EXPECT_EQ(watch.Next(), 2);
  health_.EndWatches();
  EXPECT_EQ(watch.Next(), std::nullopt);
  EXPECT_EQ(watch.Status().error_code(), grpc::StatusCode::UNAVAILABLE);
  WatchClient late(channel_, "");
  EXPECT_EQ(late.Status().error_code(), grpc::StatusCode::UNAVAILABLE);
  server_->Shutdown();  // would wait for ever for a watch that goes on
}

TEST_F(HealthServiceTest, ForgetsWatchersThatLeave) {
  {
    WatchClient watch(channel_, "");
    EXPECT_EQ(watch.Next(), 2);
    watch.Cancel();
    EXPECT_EQ(watch.Status().error_code(), grpc::StatusCode::CANCELLED);
  }
  server_->Shutdown();
  health_.SetServing("", true);  // would reach for the watcher
  EXPECT_TRUE(health_.IsServing(""));
}

TEST(HealthWireTest, GoesThereAndBack) {
  for (const std::string& name :
       {std::string(""), std::string("a"), std::string(127, 'x'), std::string(128, 'x'), std::string(20'000, 'x')}) {
    EXPECT_EQ(ParseHealthRequest(SerializeHealthRequest(name)), name);
  }
  for (const int status : {0, 1, 2, 3}) EXPECT_EQ(ParseHealthResponse(SerializeHealthResponse(status)), status);
}

TEST(HealthWireTest, RefusesWhatIsMalformed) {
  for (const std::string& text :
       {std::string("\x0a"), std::string("\x0a\x05x"), std::string("\x0a\xff\xff\xff\xff\x0f"), std::string("\x07")}) {
    const grpc::Slice slice(text);
    EXPECT_EQ(ParseHealthRequest(grpc::ByteBuffer(&slice, 1)), std::nullopt);
  }
  const grpc::Slice unknown_field(std::string("\x12\x01z\x0a\x01y"));
  EXPECT_EQ(ParseHealthRequest(grpc::ByteBuffer(&unknown_field, 1)), "y");
}

}  // namespace
}  // namespace unclip
