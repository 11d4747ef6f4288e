#include "services/clip/text_normalizer.h"

#include <gtest/gtest.h>

namespace unclip::clip {
namespace {

TEST(NormalizeTextTest, ComposesToNfc) {
  EXPECT_EQ(NormalizeText("e\u0301"), "\u00e9");
  EXPECT_EQ(NormalizeText("\u1100\u1161\u11a8"), "\uac01");
  EXPECT_EQ(NormalizeText("a\u0301\u0323"), "\u1ea1\u0301");
}

TEST(NormalizeTextTest, LeavesMarksAfterUnicode9InPlace) {
  EXPECT_EQ(NormalizeText("\u25cc\u0301\u0334"), "\u25cc\u0334\u0301");
  EXPECT_EQ(NormalizeText("\u25cc\u0301\u1dfa"), "\u25cc\u0301\u1dfa");  // U+1DFA came with Unicode 14
}

TEST(NormalizeTextTest, MakesRunsOfWhiteSpaceOneSpace) {
  EXPECT_EQ(NormalizeText(" \t\r\na\u00a0\u2003\u3000b\u0085"), " a b ");
  EXPECT_EQ(NormalizeText("a\u200bb\ufeff"), "a\u200bb\ufeff");  // not white space
}

TEST(NormalizeTextTest, LowersEachCodePointByItself) {
  EXPECT_EQ(NormalizeText("\u03a3\u0391\u03a3"), "\u03c3\u03b1\u03c3");  // no final sigma
  EXPECT_EQ(NormalizeText("\u0130"), "i\u0307");
  EXPECT_EQ(NormalizeText("\u1e9e\u212a\u01c5"), "\u00dfk\u01c6");
  EXPECT_EQ(NormalizeText("\U00010d50"), "\U00010d70");  // Unicode 16
}

TEST(NormalizeTextTest, ReplacesBytesThatAreNotUtf8) {
  EXPECT_EQ(NormalizeText("a\xff\xc3"), "a\ufffd\ufffd");
  EXPECT_EQ(NormalizeText("\xed\xa0\x80"
                          "b")
                .substr(0, 3),
            "\ufffd");
}

TEST(NormalizeTextTest, KeepsNulAndNothing) {
  EXPECT_EQ(NormalizeText(absl::string_view("A\0B", 3)), std::string("a\0b", 3));
  EXPECT_EQ(NormalizeText(""), "");
}

// Sorting each mark into place by itself would take 10^11 steps here.
TEST(NormalizeTextTest, SortsLongRunsOfMarks) {
  std::string text = "\u25cc", expected = "\u25cc";
  for (int i = 0; i < 300'000; ++i) text += "\u0301";
  for (int i = 0; i < 300'000; ++i) text += "\u0334";
  for (int i = 0; i < 300'000; ++i) expected += "\u0334";
  for (int i = 0; i < 300'000; ++i) expected += "\u0301";
  EXPECT_TRUE(NormalizeText(text) == expected);
}

}  // namespace
}  // namespace unclip::clip
