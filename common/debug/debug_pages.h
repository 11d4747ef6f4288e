// The pages under /debug/ of a process's metrics port: what it is doing right now. They need no key, as /metrics does not.
#ifndef UNCLIP_COMMON_DEBUG_DEBUG_PAGES_H_
#define UNCLIP_COMMON_DEBUG_DEBUG_PAGES_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/debug/debug_request.h"

namespace unclip {

// At most so many requests are on a page; the rest are counted.
inline constexpr size_t kMaxDebugRequests = 200;

struct DebugSources {
  std::string process;                                            // "prior"
  std::function<std::vector<DebugRequest>()> requests = nullptr;  // must be quick and thread-safe; null: there are none
};

struct DebugPage {
  std::string content_type;
  std::string body;
};

// The page at `path`: /debug and /debug/ (a list of the pages) or /debug/requests; nothing where there is none. As JSON, or as
// HTML when `query` is "format=html", or when there is no format in it and `accept`, the header, asks for text/html.
std::optional<DebugPage> RenderDebugPage(const DebugSources& sources, absl::string_view path, absl::string_view query,
                                         absl::string_view accept);

}  // namespace unclip

#endif  // UNCLIP_COMMON_DEBUG_DEBUG_PAGES_H_
