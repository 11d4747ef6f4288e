#include "tools/supervisor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/fake_clock.h"
#include "base/status_matchers.h"
#include "tools/interrupt_watcher.h"

namespace unclip {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::UnorderedElementsAre;

// The processes are shell scripts that speak as our servers do. Each writes what happens to it to a common diary: `NAME start PID
// LISTEN`, `NAME stop`. Port 0 becomes a number of its own; nothing listens there.
constexpr char kPrelude[] = R"(
name=$0; diary=$1; port=$2; listen=${3#--listen=}
[ "$listen" = 127.0.0.1:0 ] && listen=127.0.0.1:$port
echo "$name start $$ $listen" >> $diary
)";
// What a script does on SIGTERM is settled before it says that it listens, as the test may stop it right after.
constexpr char kServe[] = R"(
trap 'echo "$name stop" >> $diary; echo bye >&2; exit 0' TERM
echo listening grpc=$listen metrics=m:$port
sleep 1000 & wait
)";
constexpr char kNeverStop[] = R"(
trap '' TERM
echo listening grpc=$listen metrics=m:$port
while :; do sleep 1000; done
)";
constexpr char kFail[] = R"(
echo listening grpc=$listen metrics=m:$port
echo 'ts=1 msg=x' >&2
echo 'error: cannot read w.bin' >&2
exit 1
)";

class SupervisorTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { BlockEventSignals(); }
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/supervisor_XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override {
    for (pid_t pid : Pids()) EXPECT_TRUE(kill(pid, 0) != 0 && errno == ESRCH) << "process " << pid << " is left over";
    std::filesystem::remove_all(folder_);
  }

  ProcessSpec Script(const std::string& name, int port, const std::string& script) const {
    return {name, {"/bin/sh", "-c", absl::StrCat(kPrelude, script), name, folder_ + "/diary", absl::StrCat(port)}};
  }
  // clip on port 1, prior on port 2, the gateway on port 3, all well-behaved.
  ClusterSpec Cluster() {
    ClusterSpec spec;
    spec.services = {Script("clip", 1, kServe), Script("prior", 2, kServe)};
    spec.gateway = [this](const std::vector<ProcessAddress>&) { return Script("gateway", 3, kServe); };
    return spec;
  }
  SupervisorOptions Options() {
    SupervisorOptions options;
    options.is_serving = [](const std::string&) { return true; };
    options.print = [this](absl::string_view line) { printed_.emplace_back(line); };
    options.log = [this](absl::string_view name, const std::string& line) { logged_.push_back(absl::StrCat(name, " | ", line)); };
    return options;
  }
  // Runs the cluster; `on_ready` gets the supervisor, and by default stops it.
  absl::Status Run(
      ClusterSpec spec, SupervisorOptions options,
      std::function<void(Supervisor&)> on_ready = [](Supervisor& supervisor) { supervisor.RequestStop(); }) {
    Supervisor* running = nullptr;
    options.on_ready = [&](const ClusterAddresses& addresses) {
      ready_.push_back(addresses);
      on_ready(*running);
    };
    Supervisor supervisor(std::move(spec), std::move(options), clock_);
    running = &supervisor;
    return supervisor.Run();
  }

  std::vector<std::string> Diary() const {
    std::vector<std::string> lines;
    std::ifstream file(folder_ + "/diary");
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
  }
  // Names in the order they did `what`.
  std::vector<std::string> Who(absl::string_view what) const {
    std::vector<std::string> names;
    for (const std::string& line : Diary()) {
      const std::vector<std::string> words = absl::StrSplit(line, ' ');
      if (words[1] == what) names.push_back(words[0]);
    }
    return names;
  }
  std::vector<pid_t> Pids(absl::string_view name = "") const {
    std::vector<pid_t> pids;
    for (const std::string& line : Diary()) {
      const std::vector<std::string> words = absl::StrSplit(line, ' ');
      if (words[1] == "start" && (name.empty() || words[0] == name)) pids.push_back(std::stoi(words[2]));
    }
    return pids;
  }

  FakeClock clock_;
  std::string folder_;
  std::vector<std::string> printed_;
  std::vector<std::string> logged_;
  std::vector<ClusterAddresses> ready_;
};

TEST_F(SupervisorTest, TellsAddressesWhenAllServeAndStopsTheGatewayFirst) {
  ASSERT_OK(Run(Cluster(), Options()));
  ASSERT_EQ(ready_.size(), 1u);
  ASSERT_EQ(ready_[0].services.size(), 2u);
  EXPECT_EQ(ready_[0].services[0].grpc, "127.0.0.1:1");
  EXPECT_EQ(ready_[0].services[1].metrics, "m:2");
  EXPECT_EQ(ready_[0].gateway.grpc, "127.0.0.1:3");
  const std::vector<std::string> stopped = Who("stop");
  ASSERT_EQ(stopped.size(), 3u);
  EXPECT_EQ(stopped[0], "gateway");
}

TEST_F(SupervisorTest, StartsTheGatewayOnceTheServicesSaidWhereTheyListen) {
  std::vector<std::string> told;
  ClusterSpec spec = Cluster();
  spec.gateway = [&, make = spec.gateway](const std::vector<ProcessAddress>& addresses) {
    for (const ProcessAddress& address : addresses) told.push_back(address.grpc);
    return make(addresses);
  };
  ASSERT_OK(Run(std::move(spec), Options()));
  EXPECT_THAT(told, ElementsAre("127.0.0.1:1", "127.0.0.1:2"));
  EXPECT_EQ(Who("start")[2], "gateway");
}

TEST_F(SupervisorTest, IsNotReadyBeforeEveryHealthServiceSaysSo) {
  SupervisorOptions options = Options();
  int asked = 0;
  options.is_serving = [&](const std::string& address) { return address != "127.0.0.1:2" || ++asked > 3; };
  ASSERT_OK(Run(Cluster(), std::move(options)));
  EXPECT_EQ(asked, 4);
  EXPECT_EQ(ready_.size(), 1u);
}

TEST_F(SupervisorTest, AnEndDuringTheStartEndsEverythingWithItsErrorLine) {
  ClusterSpec spec = Cluster();
  spec.services[1] = Script("prior", 2, kFail);
  SupervisorOptions options = Options();
  options.is_serving = [](const std::string& address) { return address != "127.0.0.1:2"; };
  EXPECT_THAT(Run(std::move(spec), std::move(options)),
              StatusIs(absl::StatusCode::kUnavailable, "prior ended while starting, with exit code 1: cannot read w.bin"));
  EXPECT_TRUE(ready_.empty());
  EXPECT_THAT(logged_, Contains("prior | ts=1 msg=x"));
  EXPECT_THAT(Who("stop"), Contains("clip"));
}

TEST_F(SupervisorTest, AGatewayThatCannotBeStartedEndsEverything) {
  ClusterSpec spec = Cluster();
  spec.gateway = [](const std::vector<ProcessAddress>&) { return ProcessSpec{"gateway", {"/no/gateway"}}; };
  EXPECT_THAT(Run(std::move(spec), Options()),
              StatusIs(absl::StatusCode::kUnavailable, AllOf(HasSubstr("gateway"), HasSubstr("/no/gateway"))));
  EXPECT_THAT(Who("stop"), UnorderedElementsAre("clip", "prior"));
}

TEST_F(SupervisorTest, AServiceThatCannotBeStartedEndsEverything) {
  ClusterSpec spec = Cluster();
  spec.services[1] = ProcessSpec{"prior", {"/no/prior"}};
  EXPECT_THAT(Run(std::move(spec), Options()), StatusIs(absl::StatusCode::kNotFound, HasSubstr("/no/prior")));
}

TEST_F(SupervisorTest, NamesWhoIsNotServingWhenTheStartTakesTooLong) {
  SupervisorOptions options = Options();
  options.start_timeout = absl::Minutes(1);
  options.is_serving = [&](const std::string& address) {
    if (address == "127.0.0.1:2") clock_.Advance(absl::Seconds(25));
    return address != "127.0.0.1:2";
  };
  EXPECT_THAT(Run(Cluster(), std::move(options)),
              StatusIs(absl::StatusCode::kDeadlineExceeded, AllOf(HasSubstr("1m"), HasSubstr("prior"), Not(HasSubstr("clip")))));
}

TEST_F(SupervisorTest, StartsAProcessThatEndedAgainOnTheSamePort) {
  SupervisorOptions options = Options();
  Supervisor* running = nullptr;
  int serving = 0;
  options.print = [&](absl::string_view line) {
    printed_.emplace_back(line);
    if (absl::StrContains(line, "starting it again in 500ms")) clock_.Advance(absl::Milliseconds(500));
    if (absl::StrContains(line, "starting it again in 1s")) clock_.Advance(absl::Seconds(1));
    if (!absl::StartsWith(line, "prior ") || !absl::StrContains(line, "serving on 127.0.0.1:2")) return;
    ++serving;
    if (serving == 2) kill(Pids("prior").back(), SIGKILL);
    if (serving == 3) running->RequestStop();
  };
  ASSERT_OK(Run(Cluster(), std::move(options), [&](Supervisor& supervisor) {
    running = &supervisor;
    kill(Pids("prior").back(), SIGKILL);
  }));
  EXPECT_THAT(printed_, Contains(AllOf(HasSubstr("prior ended with signal 9"), HasSubstr("on 127.0.0.1:2"))));
  EXPECT_THAT(Who("start"), UnorderedElementsAre("clip", "prior", "gateway", "prior", "prior"));
  for (const std::string& line : Diary()) {
    if (!absl::StartsWith(line, "prior start")) continue;
    EXPECT_THAT(line, testing::EndsWith(" 127.0.0.1:2"));
  }
  EXPECT_EQ(ready_.size(), 1u);
}

TEST_F(SupervisorTest, AProcessThatEndsDuringTheStopIsNotStartedAgain) {
  ClusterSpec spec = Cluster();
  ASSERT_OK(Run(std::move(spec), Options(), [this](Supervisor& supervisor) {
    supervisor.RequestStop();
    kill(Pids("prior").back(), SIGKILL);
  }));
  EXPECT_EQ(Pids("prior").size(), 1u);
  EXPECT_THAT(printed_, Contains(HasSubstr("prior ended with signal 9")));
  EXPECT_THAT(printed_, Not(Contains(HasSubstr("clip ended"))));
}

TEST_F(SupervisorTest, ASignalStopsInOrder) {
  for (int signal : {SIGTERM, SIGINT}) {
    ASSERT_OK(Run(Cluster(), Options(), [signal](Supervisor&) { kill(getpid(), signal); }));
  }
  EXPECT_EQ(Who("stop").size(), 6u);
}

TEST_F(SupervisorTest, AStopBeforeEverythingIsReadyIsCancelled) {
  SupervisorOptions options = Options();
  options.is_serving = [](const std::string&) {
    kill(getpid(), SIGINT);
    return false;
  };
  // The first signal stops; those that follow kill, as nothing serves in between.
  EXPECT_THAT(Run(Cluster(), std::move(options)), StatusIs(absl::StatusCode::kCancelled, testing::_));
  EXPECT_TRUE(ready_.empty());
}

TEST_F(SupervisorTest, ASignalDuringTheStopKillsEverything) {
  ClusterSpec spec = Cluster();
  spec.gateway = [this](const std::vector<ProcessAddress>&) { return Script("gateway", 3, kNeverStop); };
  SupervisorOptions options = Options();
  options.on_stopping = [] { kill(getpid(), SIGINT); };
  EXPECT_THAT(Run(std::move(spec), std::move(options)), StatusIs(absl::StatusCode::kCancelled, testing::_));
  EXPECT_THAT(Who("stop"), ElementsAre());
}

TEST_F(SupervisorTest, AFurtherRequestDuringTheStopChangesNothing) {
  ASSERT_OK(Run(Cluster(), Options(), [](Supervisor& supervisor) {
    supervisor.RequestStop();
    supervisor.RequestStop();
  }));
  EXPECT_EQ(Who("stop").size(), 3u);
}

TEST_F(SupervisorTest, KillsWhatDoesNotStopWithinTheGrace) {
  ClusterSpec spec = Cluster();
  spec.services[0] = Script("clip", 1, kNeverStop);
  SupervisorOptions options = Options();
  options.grace = absl::Seconds(30);
  // The last words of the prior, which stops after the gateway, make time pass.
  options.log = [&](absl::string_view name, const std::string& line) {
    if (name == "prior" && line == "bye") clock_.Advance(absl::Minutes(1));
  };
  ASSERT_OK(Run(std::move(spec), std::move(options)));
  EXPECT_THAT(Who("stop"), ElementsAre("gateway", "prior"));
  EXPECT_THAT(printed_, Contains("clip did not stop within the grace; killing it"));
}

}  // namespace
}  // namespace unclip
