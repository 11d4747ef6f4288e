// One connection of the HTTP server. Includes Boost.Beast: for http_server.cc and http_session.cc only.
#ifndef UNCLIP_GATEWAY_HTTP_HTTP_SESSION_H_
#define UNCLIP_GATEWAY_HTTP_HTTP_SESSION_H_

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "gateway/http/http_exchange.h"
#include "gateway/http/http_message.h"
#include "gateway/http/http_server.h"

namespace unclip::gateway {

// The way to the server's thread for exchanges, which may outlive the server. Thread-safe.
class IoPost {
 public:
  explicit IoPost(boost::asio::io_context* io) : io_(io) {}

  // Runs `task` on the server's thread; drops it when the server has ended.
  void operator()(std::function<void()> task) ABSL_LOCKS_EXCLUDED(mutex_);

  void End() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  absl::Mutex mutex_;
  boost::asio::io_context* io_ ABSL_GUARDED_BY(mutex_);
};

// What all sessions of a server share; outlives them.
struct HttpSessionContext {
  HttpServerOptions options;
  HttpServer::Handler handler;
  HttpServer::Refusal refusal;
  std::shared_ptr<IoPost> post;
  std::function<void()> on_end;  // a session has ended
};

// Reads a request, waits for its answer while it watches whether the client leaves, writes it, and reads the next one. Lives as
// long as it has something to wait for. Everything runs on the server's thread.
class HttpSession : public std::enable_shared_from_this<HttpSession> {
 public:
  HttpSession(boost::asio::ip::tcp::socket socket, const HttpSessionContext* context);
  ~HttpSession() { context_->on_end(); }

  void Start() { ReadFirstByte(); }

  // Ends now when no request is under way, else after its answer.
  void Stop();

  // Ends now.
  void Close();

 private:
  friend class SessionExchange;
  using Error = boost::beast::error_code;
  enum class Phase {
    kReading,    // no request is under way
    kHandling,   // one has no answer yet
    kStreaming,  // its answer is sent in pieces
    kFinishing,  // the last of the answer is being sent
  };
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

  void ReadFirstByte();
  void ReadHead();
  void OnHead(Error error);
  void ReadBody();
  void OnBody(Error error);
  void Handle();

  // Hears of it when the client leaves during the request.
  void WatchClient();
  // The client has left, or cannot be reached.
  void Leave();

  // What the exchange of request `serial` asks for; nothing when that is over.
  bool IsCurrent(uint64_t serial) const { return serial == serial_ && phase_ != Phase::kReading; }
  void Respond(uint64_t serial, const HttpResponse& response);
  void StartStream(uint64_t serial, const HttpResponse& head, std::function<void()> on_ready);
  void Write(uint64_t serial, std::string piece);
  void EndStream(uint64_t serial);
  void SetOnLeave(uint64_t serial, std::function<void()> on_leave);
  void Abandon(uint64_t serial);

  // Answers what could not be read, and ends.
  void Refuse(int status, const std::string& message);
  void RefuseAfter(Error error);
  void Send(const HttpResponse& response, bool is_head_request);
  void OnSent(Error error);
  void OnPieceSent(Error error);
  // Lets the client read what it was sent before the connection is gone.
  void Linger();
  void ReadRest();

  absl::Duration WriteTimeout(size_t bytes) const;
  void ExpireAfter(absl::Duration timeout);
  // Ends the read under way after `timeout`, with timed_out_ set. Not by the stream's own time-out, which would close the socket,
  // so that the client could not be told.
  void GuardRead(absl::Duration timeout);
  bool keeps_alive() const { return keep_alive_ && !stopping_; }

  const HttpSessionContext* const context_;
  boost::beast::tcp_stream stream_;
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;

  boost::asio::steady_timer read_timer_;
  bool timed_out_ = false;

  uint64_t serial_ = 0;  // of the request under way
  Phase phase_ = Phase::kReading;
  bool is_head_request_ = false;
  bool is_chunked_ = false;  // the stream under way
  bool keep_alive_ = false;
  bool stopping_ = false;
  unsigned version_ = 11;
  size_t lingered_bytes_ = 0;
  std::function<void()> on_leave_;
  std::function<void()> on_ready_;
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_HTTP_SESSION_H_
