// Asks a server's standard health service whether it serves.
#ifndef UNCLIP_TOOLS_HEALTH_PROBE_H_
#define UNCLIP_TOOLS_HEALTH_PROBE_H_

#include <string>

#include "absl/time/time.h"

namespace unclip {

// Whether the server at `address` (HOST:PORT) answers SERVING for itself as a whole ("") within `timeout`. False for every other
// answer and for none. Makes a connection of its own each time, so an earlier failure does not delay it. Thread-safe.
bool IsServing(const std::string& address, absl::Duration timeout);

}  // namespace unclip

#endif  // UNCLIP_TOOLS_HEALTH_PROBE_H_
