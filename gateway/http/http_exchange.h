// One request that came in over HTTP, and the way back to who sent it.
#ifndef UNCLIP_GATEWAY_HTTP_HTTP_EXCHANGE_H_
#define UNCLIP_GATEWAY_HTTP_HTTP_EXCHANGE_H_

#include <functional>
#include <string>

#include "gateway/http/http_message.h"

namespace unclip::gateway {

// Exactly one of Respond() and StartStream() must be called, once; when neither was and the exchange is destroyed, the connection
// is closed. Thread-safe, but for request(), whose body belongs to the first handler.
class HttpExchange {
 public:
  virtual ~HttpExchange() = default;

  virtual HttpRequest& request() = 0;

  // Sends the whole answer.
  virtual void Respond(HttpResponse response) = 0;

  // Sends the head of an answer whose body comes in pieces; the body of `head` is not used. `on_ready` is called, on the server's
  // thread, when the head and then each piece has been taken by the system, that is, when it is time for the next one.
  virtual void StartStream(HttpResponse head, std::function<void()> on_ready) = 0;

  // Sends a piece, not empty; not before `on_ready` was called for the one before.
  virtual void Write(std::string piece) = 0;

  // Ends the body; likewise.
  virtual void EndStream() = 0;

  // `on_leave` is called once, on the server's thread, if the client leaves before it has the whole answer; at once, if it has
  // left already. It must not block.
  virtual void OnLeave(std::function<void()> on_leave) = 0;
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_HTTP_EXCHANGE_H_
