#include "tools/child_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "base/status_matchers.h"
#include "tools/interrupt_watcher.h"

namespace unclip {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

absl::StatusOr<std::unique_ptr<ChildProcess>> Shell(const std::string& script) {
  return ChildProcess::Start({"/bin/sh", "-c", script});
}

// Reads `reader` to its end, waiting for whatever writes to it.
std::vector<std::string> ReadAll(LineReader& reader) {
  std::vector<std::string> lines;
  while (reader.fd() >= 0) {
    pollfd event = {reader.fd(), POLLIN, 0};
    poll(&event, 1, -1);
    reader.Read([&](const std::string& line) { lines.push_back(line); });
  }
  return lines;
}

std::string WaitForEnd(ChildProcess& child) {
  std::optional<std::string> end;
  while (!(end = child.Reap()).has_value()) poll(nullptr, 0, 1);
  return *end;
}

TEST(ChildProcessTest, GivesLinesOfBothOutputsAndTheExitCode) {
  ASSERT_OK_AND_ASSIGN(auto child, Shell("echo one; echo; printf two; echo wrong >&2; exit 3"));
  EXPECT_THAT(ReadAll(child->standard_output()), ElementsAre("one", "", "two"));
  EXPECT_THAT(ReadAll(child->standard_error()), ElementsAre("wrong"));
  EXPECT_EQ(WaitForEnd(*child), "exit code 3");
}

TEST(ChildProcessTest, CutsEndlessLinesIntoPieces) {
  ASSERT_OK_AND_ASSIGN(auto child, Shell("head -c 200000 /dev/zero | tr '\\0' x; echo; echo end"));
  size_t bytes = 0;
  const std::vector<std::string> lines = ReadAll(child->standard_output());
  for (const std::string& line : lines) {
    EXPECT_LE(line.size(), 96u * 1024);
    bytes += line.size();
  }
  EXPECT_EQ(bytes, 200003u);
  EXPECT_EQ(lines.back(), "end");
}

TEST(ChildProcessTest, IsReapedOnlyOnceItHasEnded) {
  ASSERT_OK_AND_ASSIGN(auto child, Shell("exec sleep 1000"));
  EXPECT_EQ(child->Reap(), std::nullopt);
  child->Signal(SIGTERM);
  EXPECT_THAT(WaitForEnd(*child), HasSubstr("signal 15"));
  EXPECT_THAT(*child->Reap(), HasSubstr("signal 15"));
}

TEST(ChildProcessTest, NamesAProgramThatIsNotThere) {
  EXPECT_THAT(ChildProcess::Start({"/no/such/program"}), StatusIs(absl::StatusCode::kNotFound, HasSubstr("/no/such/program")));
}

TEST(ChildProcessTest, UnblocksSignalsInTheChild) {
  sigset_t before;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  BlockEventSignals();
  ASSERT_OK_AND_ASSIGN(auto child, Shell("grep SigBlk /proc/self/status"));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  EXPECT_THAT(ReadAll(child->standard_output()), ElementsAre("SigBlk:\t0000000000000000"));
}

TEST(ChildProcessTest, DestructionKillsTheWholeGroup) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  {
    // Both the shell and the process it starts hold the pipe's writing end.
    ASSERT_OK_AND_ASSIGN(auto child, Shell("sleep 1000 & echo started; wait"));
    close(ends[1]);
    pollfd event = {child->standard_output().fd(), POLLIN, 0};
    poll(&event, 1, -1);
  }
  char byte;
  EXPECT_EQ(read(ends[0], &byte, 1), 0);  // the end of the pipe: nobody holds it any more
  close(ends[0]);
}

TEST(ChildProcessTest, ReapingEndsWhatTheChildLeftRunning) {
  ASSERT_OK_AND_ASSIGN(auto child, Shell("sleep 1000 & exit 0"));
  EXPECT_EQ(WaitForEnd(*child), "exit code 0");
  EXPECT_THAT(ReadAll(child->standard_output()), ElementsAre());  // ends only when nobody can write any more
}

}  // namespace
}  // namespace unclip
