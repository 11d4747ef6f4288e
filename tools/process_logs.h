// Where the log lines of supervised processes go.
#ifndef UNCLIP_TOOLS_PROCESS_LOGS_H_
#define UNCLIP_TOOLS_PROCESS_LOGS_H_

#include <string>

#include "absl/status/statusor.h"
#include "tools/supervised_process.h"

namespace unclip {

// A sink that appends each line to `folder`/NAME.log, or, when `folder` is empty, writes it to stderr as "NAME | LINE". Makes the
// folder; an error names it when nothing can be written there. One thread at a time.
absl::StatusOr<SupervisedProcess::LogSink> MakeLogSink(const std::string& folder);

}  // namespace unclip

#endif  // UNCLIP_TOOLS_PROCESS_LOGS_H_
