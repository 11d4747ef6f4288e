#include "common/log/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/string_view.h"
#include "base/status_matchers.h"

namespace unclip {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

TEST(FormatLogLineTest, WritesFieldsInOrder) {
  EXPECT_EQ(FormatLogLine("request done", {{"method", "SamplePrior"},
                                           {"steps", 25},
                                           {"seconds", absl::Milliseconds(1500)},
                                           {"ok", true},
                                           {"share", 0.5},
                                           {"name", std::string("x")},
                                           {"view", absl::string_view("y")}}),
            "msg=\"request done\" method=SamplePrior steps=25 seconds=1.5 ok=true share=0.5 name=x view=y");
}

TEST(FormatLogLineTest, QuotesWhatWouldBeMisread) {
  EXPECT_EQ(FormatLogLine("m", {{"a", "x y"}, {"b", ""}, {"c", "p=q"}, {"d", "say \"hi\""}, {"e", "back\\slash"}}),
            R"(msg=m a="x y" b="" c="p=q" d="say \"hi\"" e="back\\slash")");
}

TEST(FormatLogLineTest, EscapesControlCharactersSoThatNoLineCanBeForged) {
  const std::string line = FormatLogLine("m", {{"a", "x\r\nlevel=error\t\x1b[31m\x7f"}, {"nul", std::string("a\0b", 3)}});
  EXPECT_EQ(line, R"(msg=m a="x\r\nlevel=error\t\x1b[31m\x7f" nul="a\x00b")");
}

TEST(FormatLogLineTest, LeavesUtf8AsItIs) { EXPECT_EQ(FormatLogLine("m", {{"a", "größe"}}), "msg=m a=größe"); }

class LogTest : public testing::Test {
 protected:
  static std::string Capture(const LogOptions& options, void (*log)()) {
    testing::internal::CaptureStderr();
    EXPECT_OK(InitLog(options));
    log();
    return testing::internal::GetCapturedStderr();
  }
};

TEST_F(LogTest, WritesOneLineWithTimeLevelAndService) {
  const std::string output = Capture({.service = "prior"}, [] { LogWarning("queue full", {{"request_id", "abc"}}); });
  EXPECT_THAT(output,
              MatchesRegex("ts=[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z level=warning service=prior "
                           "msg=\"queue full\" request_id=abc\n"));
}

TEST_F(LogTest, LeavesOutWhatIsBelowTheLevel) {
  EXPECT_EQ(Capture({.service = "prior", .level = "error"}, [] { LogWarning("w"); }), "");
  EXPECT_EQ(Capture({.service = "prior"}, [] { LogDebug("d"); }), "");
  EXPECT_THAT(Capture({.service = "prior", .level = "debug"}, [] { LogDebug("d"); }), HasSubstr("level=debug"));
}

TEST_F(LogTest, TakesBracesLiterally) {
  EXPECT_THAT(Capture({.service = "prior"}, [] { LogInfo("{} %s", {{"a", "{0}"}}); }), HasSubstr("msg=\"{} %s\" a={0}"));
}

TEST_F(LogTest, ShowsPromptsOnlyWhenAsked) {
  EXPECT_THAT(Capture({.service = "prior"}, [] { LogInfo("m", {PromptField("a red cat")}); }), HasSubstr("prompt=\"<9 bytes>\""));
  EXPECT_THAT(Capture({.service = "prior", .log_prompts = true}, [] { LogInfo("m", {PromptField("a red cat")}); }),
              HasSubstr("prompt=\"a red cat\""));
}

TEST_F(LogTest, RefusesUnknownLevels) {
  EXPECT_THAT(InitLog({.service = "prior", .level = "loud"}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("debug, info, warning or error")));
}

}  // namespace
}  // namespace unclip
