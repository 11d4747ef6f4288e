#include "tools/top/terminal_screen.h"

#include <gtest/gtest.h>

#include <sstream>

namespace unclip::top {
namespace {

TEST(TerminalScreenTest, ComesAndGoes) {
  std::ostringstream out;
  {
    const TerminalScreen screen(out);
    EXPECT_EQ(out.str(), "\033[?1049h\033[?25l");
    out.str("");
  }
  EXPECT_EQ(out.str(), "\033[?25h\033[?1049l");
}

TEST(TerminalScreenTest, ShowsNoMoreThanFits) {
  std::ostringstream out;
  TerminalScreen screen(out);
  out.str("");
  screen.Show("one\ntwo and more\nthree\n", 2, 5);
  EXPECT_EQ(out.str(), "\033[Hone\033[K\r\ntwo a\033[K\033[J");
}

}  // namespace
}  // namespace unclip::top
