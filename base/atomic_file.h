// Files that appear whole or not at all.
#ifndef UNCLIP_BASE_ATOMIC_FILE_H_
#define UNCLIP_BASE_ATOMIC_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace unclip {

// Writes `data` to a new file beside `path` and renames it to `path`, replacing what was there. After an error, or when the
// process is ended on the way, `path` is as it was. Errors name the path: NOT_FOUND (no such folder), PERMISSION_DENIED,
// RESOURCE_EXHAUSTED (disk full), FAILED_PRECONDITION (`path` is a folder), UNKNOWN (others, with the system's words).
absl::Status WriteFileAtomically(const std::string& path, absl::string_view data);

// Whether `path` could be written, as far as can be told beforehand: its folder exists and may be written to, and it is no folder
// itself. Errors as above. For finding out before an hour's work, not after.
absl::Status CheckWritable(const std::string& path);

}  // namespace unclip

#endif  // UNCLIP_BASE_ATOMIC_FILE_H_
