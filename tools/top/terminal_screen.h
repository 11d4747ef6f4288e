// A terminal's second screen, with plain ANSI sequences.
#ifndef UNCLIP_TOOLS_TOP_TERMINAL_SCREEN_H_
#define UNCLIP_TOOLS_TOP_TERMINAL_SCREEN_H_

#include <ostream>

#include "absl/strings/string_view.h"

namespace unclip::top {

// Shows pages in place of what is on the terminal, which comes back when it is destroyed. Not thread-safe.
class TerminalScreen {
 public:
  // `out` outlives it.
  explicit TerminalScreen(std::ostream& out);
  ~TerminalScreen();

  TerminalScreen(const TerminalScreen&) = delete;
  TerminalScreen& operator=(const TerminalScreen&) = delete;

  // Shows `text` from the upper left corner; lines beyond `rows`, and characters beyond `columns`, are left out. No flicker:
  // nothing is cleared that is written again.
  void Show(absl::string_view text, int rows, int columns);

 private:
  std::ostream& out_;
};

}  // namespace unclip::top

#endif  // UNCLIP_TOOLS_TOP_TERMINAL_SCREEN_H_
