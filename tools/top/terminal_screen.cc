#include "tools/top/terminal_screen.h"

#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace unclip::top {
namespace {

constexpr char kEnter[] = "\033[?1049h\033[?25l";  // the second screen, no cursor
constexpr char kLeave[] = "\033[?25h\033[?1049l";
constexpr char kHome[] = "\033[H";
constexpr char kEraseLine[] = "\033[K";
constexpr char kEraseBelow[] = "\033[J";

}  // namespace

TerminalScreen::TerminalScreen(std::ostream& out) : out_(out) { out_ << kEnter << std::flush; }

TerminalScreen::~TerminalScreen() { out_ << kLeave << std::flush; }

void TerminalScreen::Show(absl::string_view text, int rows, int columns) {
  out_ << kHome;
  int row = 0;
  for (const absl::string_view line : absl::StrSplit(absl::StripSuffix(text, "\n"), '\n')) {
    if (row == rows) break;
    // Not behind the last line, which would scroll.
    out_ << (row++ == 0 ? "" : "\r\n") << line.substr(0, static_cast<size_t>(columns)) << kEraseLine;
  }
  out_ << kEraseBelow << std::flush;
}

}  // namespace unclip::top
