// Files that name scrape targets, as Prometheus's file_sd_configs reads them and `unclip up --metrics-targets` writes them.
#ifndef UNCLIP_TOOLS_TOP_TARGETS_FILE_H_
#define UNCLIP_TOOLS_TOP_TARGETS_FILE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace unclip::top {

// The addresses of all groups in the file, in order. NOT_FOUND when it cannot be read; INVALID_ARGUMENT when it is not such a
// file.
absl::StatusOr<std::vector<std::string>> ReadTargetsFile(const std::string& path);

}  // namespace unclip::top

#endif  // UNCLIP_TOOLS_TOP_TARGETS_FILE_H_
