#include "common/trace/trace_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace unclip {
namespace {

// The specification's own example.
constexpr char kExample[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

std::string WithFlags(absl::string_view flags) { return absl::StrCat(absl::string_view(kExample).substr(0, 53), flags); }
std::string WithVersion(absl::string_view version) { return absl::StrCat(version, absl::string_view(kExample).substr(2)); }
std::string Join(const std::vector<absl::string_view>& headers) { return JoinTraceState(headers); }

TEST(TraceParentTest, IsReadAndWritten) {
  const auto context = ParseTraceParent(kExample);
  ASSERT_TRUE(context.has_value());
  EXPECT_EQ(context->trace_id.high, 0x0af7651916cd43dd);
  EXPECT_EQ(context->trace_id.low, 0x8448eb211c80319c);
  EXPECT_EQ(context->span_id.value, 0xb7ad6b7169203331);
  EXPECT_TRUE(context->sampled);
  EXPECT_EQ(FormatTraceParent(*context), kExample);
}

TEST(TraceParentTest, KnowsOfTheFlagsOnlySampled) {
  EXPECT_FALSE(ParseTraceParent(WithFlags("00"))->sampled);
  EXPECT_FALSE(ParseTraceParent(WithFlags("fe"))->sampled);
  const auto context = ParseTraceParent(WithFlags("ff"));
  EXPECT_TRUE(context->sampled);
  EXPECT_EQ(FormatTraceParent(*context), kExample);
}

TEST(TraceParentTest, LeadingZerosStay) {
  const std::string header = "00-00000000000000000000000000000001-0000000000000001-00";
  EXPECT_EQ(FormatTraceParent(*ParseTraceParent(header)), header);
}

TEST(TraceParentTest, RefusesWhatIsNotOfTheFormat) {
  const std::string example = kExample;
  for (const std::string& bad : std::vector<std::string>{
           "",
           "00",
           example.substr(0, 54),
           absl::StrCat(example, " "),
           absl::StrCat(" ", example),
           absl::StrCat(example, "-"),       // version 00 ends here
           absl::StrCat(example, "-extra"),  // likewise
           WithVersion("ff"),
           WithVersion("0"),
           WithVersion("0x"),
           WithVersion("0A"),
           WithFlags("0G"),
           WithFlags("1"),
           WithFlags("0A"),
           "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
           "00-0af7651916cd43dd8448eb211c80319c-B7AD6B7169203331-01",
           "00-00000000000000000000000000000000-b7ad6b7169203331-01",
           "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
           "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
           "00-0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331-01",
           "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331_01",
           "00-0af7651916cd43dd8448eb211c80319-cb7ad6b7169203331-01",
       }) {
    EXPECT_FALSE(ParseTraceParent(bad).has_value()) << bad;
  }
}

TEST(TraceParentTest, ReadsLaterVersionsAsFarAsItKnowsThem) {
  for (const std::string& later :
       {WithVersion("01"), WithVersion("cc"), WithVersion("fe"), absl::StrCat(WithVersion("cc"), "-"),
        absl::StrCat(WithVersion("cc"), "-what-the-future-brings"), absl::StrCat(WithVersion("cc"), "-ZZ")}) {
    const auto context = ParseTraceParent(later);
    ASSERT_TRUE(context.has_value()) << later;
    EXPECT_EQ(FormatTraceParent(*context), kExample) << later;
  }
  EXPECT_FALSE(ParseTraceParent(absl::StrCat(WithVersion("cc"), ".what")).has_value());
  EXPECT_FALSE(ParseTraceParent(absl::StrCat(WithVersion("cc"), "0")).has_value());
}

TEST(TraceHeadersTest, TakeExactlyOneTraceParent) {
  EXPECT_TRUE(ParseTraceHeaders({kExample}, {}).has_value());
  EXPECT_FALSE(ParseTraceHeaders({}, {"a=1"}).has_value());
  EXPECT_FALSE(ParseTraceHeaders({kExample, kExample}, {}).has_value());
  EXPECT_FALSE(ParseTraceHeaders({"bad"}, {"a=1"}).has_value());
}

TEST(TraceHeadersTest, ABadTraceStateLeavesTheTraceParent) {
  EXPECT_EQ(ParseTraceHeaders({kExample}, {"a=1"})->trace_state, "a=1");
  EXPECT_EQ(ParseTraceHeaders({kExample}, {"A=1"})->trace_state, "");
}

TEST(TraceStateTest, JoinsHeadersInOrder) {
  EXPECT_EQ(Join({}), "");
  EXPECT_EQ(Join({"rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"}), "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE");
  EXPECT_EQ(Join({"b=2", "a=1"}), "b=2,a=1");
  EXPECT_EQ(Join({" b=2\t, ,,a=1 ", "", "c=x y"}), "b=2,a=1,c=x y");
  EXPECT_EQ(Join({"1a-_*/=!~", "fw529a3039@dt=FfYxOTcyODU"}), "1a-_*/=!~,fw529a3039@dt=FfYxOTcyODU");
}

TEST(TraceStateTest, IsLeftOutWhenAnythingIsWrong) {
  for (const char* bad :
       {"a", "=1", "a=", "A=1", "a =1", "a=1=2", "a=\x7f", "a=1\x01z", "a@b@c=1", "@a=1", "\xc3\xa9=1", "a=1,a=2"}) {
    EXPECT_EQ(Join({bad}), "") << bad;
    EXPECT_EQ(Join({"fine=1", bad}), "") << bad;
  }
  EXPECT_EQ(Join({"a=1", "a=2"}), "");
}

TEST(TraceStateTest, KeepsTheLimitsOfLengthAndNumber) {
  EXPECT_EQ(Join({absl::StrCat(std::string(256, 'k'), "=", std::string(256, 'v'))}).size(), 0)
      << "it is valid, and too long to hand on";
  EXPECT_EQ(Join({absl::StrCat("k=", std::string(256, 'v'))}).size(), 258);
  EXPECT_EQ(Join({absl::StrCat("k=", std::string(257, 'v'))}), "");
  EXPECT_EQ(Join({absl::StrCat(std::string(257, 'k'), "=v")}), "");
  std::vector<std::string> members;
  for (int i = 0; i < 32; ++i) members.push_back(absl::StrCat("k", i, "=v"));
  EXPECT_EQ(Join({absl::StrJoin(members, ",")}), absl::StrJoin(members, ","));
  members.emplace_back("one=more");
  EXPECT_EQ(Join({absl::StrJoin(members, ",")}), "");
}

TEST(TraceStateTest, DropsLargeMembersFirstAndThenTheLast) {
  const std::string large = absl::StrCat("large=", std::string(200, 'v'));
  std::vector<std::string> small;
  for (int i = 0; i < 5; ++i) small.push_back(absl::StrCat("s", i, "=", std::string(97, 'v')));
  // 5 of 100 bytes and 4 commas: 504.
  EXPECT_EQ(Join({large, absl::StrJoin(small, ",")}), absl::StrJoin(small, ","));
  small.push_back("last=0123456789");
  EXPECT_EQ(Join({absl::StrJoin(small, ",")}), absl::StrJoin(small.begin(), small.end() - 1, ","));
}

TEST(TraceIdTest, NewOnesDiffer) {
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) {
    ids.insert(NewTraceId().ToHex());
    ids.insert(NewSpanId().ToHex());
  }
  EXPECT_EQ(ids.size(), 2000);
  EXPECT_EQ(ids.begin()->find_first_not_of("0123456789abcdef"), std::string::npos);
}

}  // namespace
}  // namespace unclip
