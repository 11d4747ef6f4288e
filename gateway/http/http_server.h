// An HTTP/1.1 server: connections, parsing, limits and time-outs, and nothing of what the requests mean. On Boost.Beast, because
// it leaves the answers to what is malformed, too large or too slow to its user (400, 408, 413, 431), and lets a waiting
// connection be watched, so that the work for a client that has left can be stopped.
#ifndef UNCLIP_GATEWAY_HTTP_HTTP_SERVER_H_
#define UNCLIP_GATEWAY_HTTP_HTTP_SERVER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gateway/http/http_exchange.h"
#include "gateway/http/http_message.h"

namespace unclip::gateway {

struct HttpServerOptions {
  std::string listen = "127.0.0.1:0";                  // HOST:PORT; port 0: any free one
  size_t max_connections = 10'000;                     // more wait to be accepted
  uint32_t max_header_bytes = 32 << 10;                // of a request's line and headers
  uint64_t max_body_bytes = 24 << 20;                  // of a request's body
  absl::Duration head_timeout = absl::Seconds(15);     // for a request's headers, once its first byte came
  absl::Duration idle_timeout = absl::Minutes(5);      // for the first byte of a connection's next request
  absl::Duration body_timeout = absl::Seconds(60);     // for a request's body
  absl::Duration write_timeout = absl::Seconds(30);    // for an answer, or a piece of it, besides a second for each 64 KiB of it
  absl::Duration linger_timeout = absl::Seconds(2);    // that a client has to read why it was cut off
  absl::Duration shutdown_timeout = absl::Seconds(5);  // that answers under way have on Stop()
};

// Thread-safe.
class HttpServer {
 public:
  // Takes a request: called on the server's one thread, so it must not block.
  using Handler = std::function<void(std::shared_ptr<HttpExchange> exchange)>;
  // Makes the answer to what never became a request: 400, 408, 413 or 431, and what was wrong in words.
  using Refusal = std::function<HttpResponse(int status, const std::string& message)>;

  // Binds and starts serving. INVALID_ARGUMENT for a malformed address, UNAVAILABLE (naming it) when it cannot be bound.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(const HttpServerOptions& options, Handler handler, Refusal refusal);

  // Stops.
  ~HttpServer();

  // HOST:PORT with the port that was bound.
  const std::string& address() const;

  // Accepts nothing any more, closes idle connections, gives answers under way `shutdown_timeout`, then ends. Harmless twice.
  void Stop();

  // Connections that are open now.
  size_t connection_count() const;

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_HTTP_SERVER_H_
