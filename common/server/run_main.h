// How a binary's main ends: one line on stderr, and an exit code.
#ifndef UNCLIP_COMMON_SERVER_RUN_MAIN_H_
#define UNCLIP_COMMON_SERVER_RUN_MAIN_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace unclip {

// An INVALID_ARGUMENT about the command line itself, which RunMain() tells from other errors.
absl::Status UsageError(absl::string_view message);

// 0 when OK; else writes `error: <message>` (line ends escaped, so one line) to stderr and returns 2 for a UsageError, 1 for any
// other. For `return RunMain(Run());` in main.
int RunMain(const absl::Status& status);

}  // namespace unclip

#endif  // UNCLIP_COMMON_SERVER_RUN_MAIN_H_
