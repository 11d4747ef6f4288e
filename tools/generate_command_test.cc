#include "tools/generate_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/status_matchers.h"
#include "tools/fake_gateway.h"
#include "tools/interrupt_watcher.h"

namespace unclip {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class GenerateCommandTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { BlockEventSignals(); }
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/generate_XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  absl::Status Run(const FakeGateway& gateway, std::vector<std::string> flags) {
    std::vector<std::string> args = {"a red heart", "--target", gateway.address(), "--out", folder_ + "/a.png"};
    args.insert(args.end(), flags.begin(), flags.end());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    absl::Status status = RunGenerate(args);
    stdout_ = testing::internal::GetCapturedStdout();
    stderr_ = testing::internal::GetCapturedStderr();
    return status;
  }
  size_t FileCount() const {
    return std::distance(std::filesystem::directory_iterator(folder_), std::filesystem::directory_iterator());
  }

  std::string folder_, stdout_, stderr_;
};

grpc::Status DrawTwo(grpc::ServerContext&, const gateway::v1::StreamGenerateImageRequest&, FakeGateway::Writer& writer) {
  gateway::v1::StreamGenerateImageResponse progress;
  progress.mutable_progress()->mutable_progress()->set_stage(common::v1::STAGE_PRIOR);
  progress.mutable_progress()->mutable_progress()->set_step_count(25);
  writer.Write(progress);
  FakeGateway::SendImage(writer, 0);
  FakeGateway::SendImage(writer, 1);
  FakeGateway::SendSummary(writer);
  return grpc::Status::OK;
}

TEST_F(GenerateCommandTest, PrintsOneJsonObjectAndProgressApartFromIt) {
  FakeGateway gateway(DrawTwo);
  ASSERT_OK(Run(gateway, {"--count=2", "--json"}));
  const auto json = nlohmann::json::parse(stdout_);
  EXPECT_EQ(json["images"][1]["file"], folder_ + "/a-1.png");
  EXPECT_EQ(json["images"][1]["seed"], 101);
  EXPECT_EQ(json["request_id"], "r1");
  EXPECT_THAT(stderr_, HasSubstr("picture 1 of 2: prior, 25 steps"));
}

TEST_F(GenerateCommandTest, PrintsTextForPeople) {
  FakeGateway gateway(DrawTwo);
  ASSERT_OK(Run(gateway, {"--count=2", "--quiet"}));
  EXPECT_THAT(stdout_, AllOf(HasSubstr(folder_ + "/a-0.png\n"), HasSubstr(folder_ + "/a-1.png\n"), HasSubstr("seed 101")));
  EXPECT_EQ(stderr_, "");
}

TEST_F(GenerateCommandTest, LeavesNoFileAfterAnError) {
  FakeGateway gateway([](grpc::ServerContext&, const auto&, FakeGateway::Writer&) {
    return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "quality is 0");
  });
  EXPECT_THAT(Run(gateway, {"--quality=0", "--json"}), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("quality is 0")));
  EXPECT_EQ(stdout_, "");
  EXPECT_EQ(FileCount(), 0u);
}

TEST_F(GenerateCommandTest, KeepsThePicturesFinishedBeforeAnError) {
  FakeGateway gateway([](grpc::ServerContext&, const auto&, FakeGateway::Writer& writer) {
    FakeGateway::SendImage(writer, 0);
    return grpc::Status(grpc::StatusCode::INTERNAL, "broken");
  });
  EXPECT_THAT(Run(gateway, {"--count=2"}), StatusIs(absl::StatusCode::kInternal, HasSubstr("broken")));
  EXPECT_THAT(stderr_, HasSubstr("kept " + folder_ + "/a-0.png"));
  EXPECT_EQ(FileCount(), 1u);
}

TEST_F(GenerateCommandTest, CtrlCCancelsTheRequestAndEndsWith130) {
  FakeGateway gateway([](grpc::ServerContext& context, const auto&, FakeGateway::Writer&) {
    kill(getpid(), SIGINT);
    while (!context.IsCancelled()) absl::SleepFor(absl::Milliseconds(1));
    return grpc::Status::CANCELLED;
  });
  const absl::Status status = Run(gateway, {});
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kCancelled, testing::_));
  EXPECT_EQ(FinishCommand(status), 130);
  EXPECT_EQ(FileCount(), 0u);
}

TEST_F(GenerateCommandTest, AsksNobodyWhenTheFileCannotBeWritten) {
  bool asked = false;
  FakeGateway gateway([&](grpc::ServerContext&, const auto&, FakeGateway::Writer&) {
    asked = true;
    return grpc::Status::OK;
  });
  EXPECT_THAT(Run(gateway, {"--out", folder_ + "/no/a.png"}), StatusIs(absl::StatusCode::kNotFound, HasSubstr("/no")));
  EXPECT_FALSE(asked);
}

TEST_F(GenerateCommandTest, TakesTheTargetFromTheEnvironment) {
  FakeGateway gateway([](grpc::ServerContext&, const auto&, FakeGateway::Writer& writer) {
    FakeGateway::SendImage(writer, 0);
    FakeGateway::SendSummary(writer);
    return grpc::Status::OK;
  });
  setenv("UNCLIP_TARGET", gateway.address().c_str(), 1);
  testing::internal::CaptureStdout();
  EXPECT_OK(RunGenerate({"a red heart", "--quiet", "--out=" + folder_ + "/a.png"}));
  testing::internal::GetCapturedStdout();
  unsetenv("UNCLIP_TARGET");
}

}  // namespace
}  // namespace unclip
