// `unclip top`: what a cluster is doing, refreshed every second.
#ifndef UNCLIP_TOOLS_TOP_TOP_COMMAND_H_
#define UNCLIP_TOOLS_TOP_TOP_COMMAND_H_

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace unclip::top {

// Runs `unclip top ARGS...` (the words after `top`) until Ctrl-C, or with --once, or where standard output is no terminal, until
// one table is printed. Needs BlockEventSignals(). A UsageError when no address is given or one is malformed; UNAVAILABLE when
// nobody answered the one table.
absl::Status RunTop(const std::vector<std::string>& args);

}  // namespace unclip::top

#endif  // UNCLIP_TOOLS_TOP_TOP_COMMAND_H_
