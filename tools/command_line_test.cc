#include "tools/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "base/status_matchers.h"

namespace unclip {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Optional;

// A command with one flag of every type.
struct Everything {
  std::string text = "blue";
  std::optional<std::string> maybe_text;
  std::string choice = "png";
  bool on = false;
  int count = 2;
  std::optional<int> maybe_count;
  std::optional<uint64_t> seed;
  double scale = 1.5;
  std::optional<double> maybe_scale;
  std::vector<int> list;
  std::string first, second = "none";

  absl::StatusOr<bool> Parse(const std::vector<std::string>& args) {
    CommandLine line = Make();
    return line.Parse(args);
  }

  CommandLine Make() {
    CommandLine line("unclip test", "Tests.");
    line.AddString("text", "WORD", "A word.", &text);
    line.AddString("maybe-text", "WORD", "Perhaps a word.", &maybe_text);
    line.AddChoice("choice", {"png", "jpeg"}, "A choice.", &choice);
    line.AddSwitch("on", "A switch.", &on);
    line.AddInt("count", {1, 10}, "A count.", &count);
    line.AddInt("maybe-count", {-5, 5}, "Perhaps a count.", &maybe_count);
    line.AddUint64("seed", "A seed.", &seed);
    line.AddDouble("scale", {0, 100}, "A scale.", &scale);
    line.AddDouble("maybe-scale", {0, 100}, "Perhaps a scale.", &maybe_scale);
    line.AddIntList("list", {2, 1000}, "Some numbers.", &list);
    line.AddPositional("FIRST", "The first.", &first);
    line.AddOptionalPositional("SECOND", "The second.", &second);
    return line;
  }
};

TEST(CommandLineTest, KeepsDefaultsOfAbsentFlags) {
  Everything e;
  ASSERT_OK_AND_ASSIGN(bool proceed, e.Parse({"one"}));
  EXPECT_TRUE(proceed);
  EXPECT_EQ(e.text, "blue");
  EXPECT_EQ(e.count, 2);
  EXPECT_EQ(e.scale, 1.5);
  EXPECT_FALSE(e.on);
  EXPECT_FALSE(e.maybe_text.has_value() || e.maybe_count.has_value() || e.maybe_scale.has_value() || e.seed.has_value());
  EXPECT_EQ(e.first, "one");
  EXPECT_EQ(e.second, "none");
}

TEST(CommandLineTest, ReadsEveryTypeInBothSpellings) {
  Everything e;
  ASSERT_OK(e.Parse({"--text=a=b", "--maybe_text", "x y", "--choice=jpeg", "one", "--on", "--count=10", "--maybe-count", "-5",
                     "--seed=18446744073709551615", "--scale", "0", "--maybe-scale=99.5", "--list=7,5", "two"}));
  EXPECT_EQ(e.text, "a=b");
  EXPECT_THAT(e.maybe_text, Optional(std::string("x y")));
  EXPECT_EQ(e.choice, "jpeg");
  EXPECT_TRUE(e.on);
  EXPECT_EQ(e.count, 10);
  EXPECT_THAT(e.maybe_count, Optional(-5));
  EXPECT_THAT(e.seed, Optional(uint64_t{18446744073709551615u}));
  EXPECT_EQ(e.scale, 0);
  EXPECT_THAT(e.maybe_scale, Optional(99.5));
  EXPECT_THAT(e.list, ElementsAre(7, 5));
  EXPECT_EQ(e.first, "one");
  EXPECT_EQ(e.second, "two");
}

TEST(CommandLineTest, LastOfARepeatedFlagCounts) {
  Everything e;
  ASSERT_OK(e.Parse({"one", "--count=3", "--count=4", "--list=3", "--list=4", "--on", "--on=false"}));
  EXPECT_EQ(e.count, 4);
  EXPECT_THAT(e.list, ElementsAre(4));
  EXPECT_FALSE(e.on);
}

TEST(CommandLineTest, TwoDashesEndTheFlags) {
  Everything e;
  ASSERT_OK(e.Parse({"--", "--count", "-"}));
  EXPECT_EQ(e.first, "--count");
  EXPECT_EQ(e.second, "-");
}

TEST(CommandLineTest, AcceptsAnEmptyValue) {
  Everything e;
  ASSERT_OK(e.Parse({"", "--text="}));
  EXPECT_EQ(e.text, "");
  EXPECT_EQ(e.first, "");
}

// Each wrong command line, and what the error must name.
struct WrongCase {
  std::vector<std::string> args;
  std::vector<std::string> named;
};

class CommandLineWrongTest : public testing::TestWithParam<WrongCase> {};

TEST_P(CommandLineWrongTest, IsAUsageErrorThatNamesFlagValueAndRange) {
  Everything e;
  const absl::Status status = e.Parse(GetParam().args).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(FinishCommand(status), 2);
  EXPECT_THAT(std::string(status.message()), HasSubstr("unclip test"));
  for (const std::string& named : GetParam().named) EXPECT_THAT(std::string(status.message()), HasSubstr(named));
}

INSTANTIATE_TEST_SUITE_P(
    Wrong, CommandLineWrongTest,
    testing::Values(WrongCase{{}, {"FIRST is missing"}}, WrongCase{{"a", "b", "c"}, {"unexpected argument \"c\""}},
                    WrongCase{{"a", "--cuont=3"}, {"unknown flag --cuont", "--count", "--help"}},
                    WrongCase{{"a", "-c"}, {"unknown flag -c"}}, WrongCase{{"a", "--count"}, {"--count needs a value"}},
                    WrongCase{{"a", "--count", "--on"}, {"--count needs a value"}},
                    WrongCase{{"a", "--count="}, {"--count is \"\"", "from 1 to 10"}},
                    WrongCase{{"a", "--count=0"}, {"--count is \"0\"", "from 1 to 10"}},
                    WrongCase{{"a", "--count=11"}, {"--count is \"11\""}}, WrongCase{{"a", "--count=3.5"}, {"whole number"}},
                    WrongCase{{"a", "--count=99999999999999999999"}, {"whole number"}},
                    WrongCase{{"a", "--seed=-1"}, {"--seed is \"-1\"", "18446744073709551615"}},
                    WrongCase{{"a", "--seed=18446744073709551616"}, {"--seed"}},
                    WrongCase{{"a", "--scale=nan"}, {"--scale is \"nan\"", "from 0 to 100"}},
                    WrongCase{{"a", "--scale=inf"}, {"from 0 to 100"}}, WrongCase{{"a", "--scale=1x"}, {"from 0 to 100"}},
                    WrongCase{{"a", "--scale=-0.1"}, {"from 0 to 100"}},
                    WrongCase{{"a", "--list=7,,5"}, {"--list is \"7,,5\"", "from 2 to 1000"}},
                    WrongCase{{"a", "--list=1"}, {"from 2 to 1000"}},
                    WrongCase{{"a", "--choice=bmp"}, {"--choice is \"bmp\"", "png, jpeg"}},
                    WrongCase{{"a", "--on=maybe"}, {"--on is \"maybe\"", "true or false"}}));

TEST(CommandLineTest, NamesARequiredFlagThatIsMissing) {
  std::string folder;
  CommandLine line("unclip test", "Tests.");
  line.AddString("folder", "DIR", "A folder.", &folder);
  line.Require("folder");
  EXPECT_THAT(line.Parse({}), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--folder=DIR is missing")));
  EXPECT_THAT(line.Help(), HasSubstr("(required)"));
}

TEST(CommandLineTest, HelpStopsTheCommandAndListsEverything) {
  Everything e;
  testing::internal::CaptureStdout();
  ASSERT_OK_AND_ASSIGN(bool proceed, e.Parse({"--help"}));
  const std::string printed = testing::internal::GetCapturedStdout();
  EXPECT_FALSE(proceed);
  EXPECT_THAT(printed, AllOf(HasSubstr("usage: unclip test FIRST [SECOND] [flags]"), HasSubstr("--text=WORD"),
                             HasSubstr("(default blue)"), HasSubstr("--choice=png|jpeg"), HasSubstr("--list=N[,N...]")));
}

TEST(FinishCommandTest, GivesTheExitCode) {
  EXPECT_EQ(FinishCommand(absl::OkStatus()), 0);
  EXPECT_EQ(FinishCommand(UsageError("wrong")), 2);
  EXPECT_EQ(FinishCommand(absl::CancelledError("Ctrl-C")), 130);
  EXPECT_EQ(FinishCommand(absl::InvalidArgumentError("the server said so")), 1);
  EXPECT_EQ(FinishCommand(absl::UnavailableError("down")), 1);
}

TEST(FinishCommandTest, PrintsErrorsAndOnlyThose) {
  testing::internal::CaptureStderr();
  FinishCommand(absl::OkStatus());
  FinishCommand(absl::CancelledError("Ctrl-C"));
  FinishCommand(absl::NotFoundError("no such file"));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "error: no such file\n");
}

}  // namespace
}  // namespace unclip
