#include "tools/process_logs.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/status_matchers.h"

namespace unclip {
namespace {

using testing::HasSubstr;

std::string Read(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST(ProcessLogsTest, WritesToStderrWithTheName) {
  ASSERT_OK_AND_ASSIGN(const auto sink, MakeLogSink(""));
  testing::internal::CaptureStderr();
  sink("prior-1", "ts=1 msg=hello");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "prior-1 | ts=1 msg=hello\n");
}

TEST(ProcessLogsTest, AppendsToAFileForEachName) {
  std::string folder = testing::TempDir() + "/process_logs_XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  for (int run = 0; run < 2; ++run) {
    ASSERT_OK_AND_ASSIGN(const auto sink, MakeLogSink(folder + "/new"));
    sink("clip", "one");
    sink("prior", "two");
    sink("clip", "three");
  }
  EXPECT_EQ(Read(folder + "/new/clip.log"), "one\nthree\none\nthree\n");
  EXPECT_EQ(Read(folder + "/new/prior.log"), "two\ntwo\n");
  std::ofstream(folder + "/file") << "x";
  EXPECT_THAT(MakeLogSink(folder + "/file/logs"),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr(folder + "/file/logs")));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace unclip
