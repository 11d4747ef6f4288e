// Posts bodies to one address over HTTP or HTTPS.
#ifndef UNCLIP_COMMON_TRACE_HTTP_POSTER_H_
#define UNCLIP_COMMON_TRACE_HTTP_POSTER_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace unclip {

struct HttpPostResult {
  int status = 0;                                            // 0: there was no answer
  std::string body = {};                                     // its first 64 KiB
  std::optional<absl::Duration> retry_after = std::nullopt;  // how long to stay away, when the server said so
  std::string error = {};                                    // why there was no answer
};

class HttpPoster {
 public:
  virtual ~HttpPoster() = default;

  // Blocks for up to `timeout`. One thread at a time.
  virtual HttpPostResult Post(const std::string& body, absl::Duration timeout) = 0;

  // Ends the Post() that is under way, within a second or so, and every later one at once. Thread-safe.
  virtual void Abort() = 0;
};

// Posts JSON to `url` (http:// or https://) with libcurl, which verifies certificates by the system's, and keeps the connection.
// Redirects are not followed. `headers` are names and values to send along.
std::unique_ptr<HttpPoster> NewHttpPoster(const std::string& url,
                                          const std::vector<std::pair<std::string, std::string>>& headers);

}  // namespace unclip

#endif  // UNCLIP_COMMON_TRACE_HTTP_POSTER_H_
