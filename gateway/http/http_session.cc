#include "gateway/http/http_session.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/chunk_encode.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/span_body.hpp>
#include <boost/beast/http/write.hpp>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace unclip::gateway {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace net = boost::asio;
using Socket = net::ip::tcp::socket;

// A slow reader has a second for so much.
constexpr double kSlowestBytesPerSecond = 64 << 10;

// Of what a refused client still sends.
constexpr size_t kMaxLingeredBytes = size_t{64} << 20;
constexpr size_t kReadBytes = size_t{16} << 10;

HttpRequest ToRequest(http::request<http::string_body> message) {
  HttpRequest request;
  request.method = std::string(message.method_string());
  const std::string target(message.target());
  const size_t query = target.find('?');
  request.path = target.substr(0, query);
  if (query != std::string::npos) request.query = target.substr(query + 1);
  for (const auto& field : message) {
    request.headers.push_back({.name = std::string(field.name_string()), .value = std::string(field.value())});
  }
  request.body = std::move(message.body());
  return request;
}

template <typename Body>
void SetHead(const HttpResponse& from, bool keep_alive, http::response<Body>* to) {
  to->result(static_cast<unsigned>(from.status));
  if (!from.content_type.empty()) to->set(http::field::content_type, from.content_type);
  for (const HttpHeader& header : from.headers) to->insert(header.name, header.value);
  to->keep_alive(keep_alive);
}

}  // namespace

void IoPost::operator()(std::function<void()> task) {
  absl::MutexLock lock(&mutex_);
  if (io_ != nullptr) net::post(*io_, std::move(task));
}

void IoPost::End() {
  absl::MutexLock lock(&mutex_);
  io_ = nullptr;
}

// The exchange of a session's request number `serial`.
class SessionExchange final : public HttpExchange {
 public:
  SessionExchange(const std::shared_ptr<HttpSession>& session, HttpRequest request)
      : post_(session->context_->post), session_(session), serial_(session->serial_), request_(std::move(request)) {}

  ~SessionExchange() override {
    OnSession([serial = serial_](HttpSession& session) { session.Abandon(serial); });
  }

  HttpRequest& request() override { return request_; }

  void Respond(HttpResponse response) override {
    OnSession(
        [serial = serial_, response = std::move(response)](HttpSession& session) mutable { session.Respond(serial, response); });
  }

  void StartStream(HttpResponse head, std::function<void()> on_ready) override {
    OnSession([serial = serial_, head = std::move(head), on_ready = std::move(on_ready)](HttpSession& session) mutable {
      session.StartStream(serial, head, std::move(on_ready));
    });
  }

  void Write(std::string piece) override {
    OnSession(
        [serial = serial_, piece = std::move(piece)](HttpSession& session) mutable { session.Write(serial, std::move(piece)); });
  }

  void EndStream() override {
    OnSession([serial = serial_](HttpSession& session) { session.EndStream(serial); });
  }

  void OnLeave(std::function<void()> on_leave) override {
    (*post_)([weak = session_, serial = serial_, on_leave = std::move(on_leave)]() mutable {
      if (const std::shared_ptr<HttpSession> session = weak.lock(); session != nullptr) {
        session->SetOnLeave(serial, std::move(on_leave));
      } else {
        on_leave();
      }
    });
  }

 private:
  template <typename Task>
  void OnSession(Task task) {
    (*post_)([weak = session_, task = std::move(task)]() mutable {
      if (const std::shared_ptr<HttpSession> session = weak.lock(); session != nullptr) task(*session);
    });
  }

  const std::shared_ptr<IoPost> post_;
  const std::weak_ptr<HttpSession> session_;
  const uint64_t serial_;
  HttpRequest request_;
};

HttpSession::HttpSession(Socket socket, const HttpSessionContext* context)
    : context_(context),
      stream_(std::move(socket)),
      buffer_(context->options.max_header_bytes + kReadBytes),
      read_timer_(stream_.get_executor()) {}

absl::Duration HttpSession::WriteTimeout(size_t bytes) const {
  return context_->options.write_timeout + absl::Seconds(static_cast<double>(bytes) / kSlowestBytesPerSecond);
}

void HttpSession::ExpireAfter(absl::Duration timeout) { stream_.expires_after(absl::ToChronoNanoseconds(timeout)); }

void HttpSession::GuardRead(absl::Duration timeout) {
  timed_out_ = false;
  read_timer_.expires_after(absl::ToChronoNanoseconds(timeout));
  read_timer_.async_wait([weak = weak_from_this()](Error error) {
    const std::shared_ptr<HttpSession> self = weak.lock();
    if (error || self == nullptr || self->read_timer_.expiry() > net::steady_timer::clock_type::now()) return;
    self->timed_out_ = true;
    self->stream_.cancel();
  });
}

void HttpSession::Stop() {
  stopping_ = true;
  if (phase_ == Phase::kReading) Close();
}

void HttpSession::Close() {
  Error ignored;
  read_timer_.cancel();
  std::ignore = stream_.socket().shutdown(Socket::shutdown_both, ignored);
  stream_.close();
}

void HttpSession::ReadFirstByte() {
  if (stopping_) return Close();
  if (buffer_.size() > 0) return ReadHead();  // the client did not wait for the last answer
  GuardRead(context_->options.idle_timeout);
  stream_.async_read_some(buffer_.prepare(kReadBytes), [self = shared_from_this()](Error error, size_t bytes) {
    if (error) return self->Close();
    self->buffer_.commit(bytes);
    self->ReadHead();
  });
}

void HttpSession::ReadHead() {
  parser_.emplace();
  parser_->header_limit(context_->options.max_header_bytes);
  parser_->body_limit(context_->options.max_body_bytes);
  GuardRead(context_->options.head_timeout);
  http::async_read_header(stream_, buffer_, *parser_,
                          [self = shared_from_this()](Error error, size_t /*bytes*/) { self->OnHead(error); });
}

void HttpSession::OnHead(Error error) {
  if (error) return RefuseAfter(error);
  const auto& head = parser_->get();
  version_ = head.version();
  // What a proxy in front could take for a body of another length, and so for another request.
  if (const auto encoding = head[http::field::transfer_encoding]; !encoding.empty()) {
    if (head.count(http::field::content_length) > 0) {
      return Refuse(400, "the request has both Content-Length and Transfer-Encoding");
    }
    if (!absl::EqualsIgnoreCase(std::string(encoding), "chunked")) {
      return Refuse(400, "the request's Transfer-Encoding is not chunked, the only one that is understood");
    }
  }
  if (!absl::EqualsIgnoreCase(std::string(head[http::field::expect]), "100-continue")) return ReadBody();
  auto go_on = std::make_shared<http::response<http::empty_body>>(http::status::continue_, version_);
  http::async_write(stream_, *go_on, [self = shared_from_this(), go_on](Error error, size_t /*bytes*/) {
    if (error) return self->Close();
    self->ReadBody();
  });
}

void HttpSession::ReadBody() {
  GuardRead(context_->options.body_timeout);
  http::async_read(stream_, buffer_, *parser_,
                   [self = shared_from_this()](Error error, size_t /*bytes*/) { self->OnBody(error); });
}

void HttpSession::OnBody(Error error) {
  if (error) return RefuseAfter(error);
  read_timer_.cancel();
  Handle();
}

void HttpSession::Handle() {
  keep_alive_ = parser_->keep_alive();
  ++serial_;
  phase_ = Phase::kHandling;
  is_head_request_ = parser_->get().method() == http::verb::head;
  HttpRequest request = ToRequest(parser_->release());
  parser_.reset();
  // Until then the client's silence is what is expected of it.
  WatchClient();
  context_->handler(std::make_shared<SessionExchange>(shared_from_this(), std::move(request)));
}

void HttpSession::WatchClient() {
  stream_.socket().async_wait(Socket::wait_read, [self = shared_from_this(), serial = serial_](Error error) {
    if (!self->IsCurrent(serial)) return;
    char byte = 0;
    if (!error && self->stream_.socket().receive(net::buffer(&byte, 1), net::socket_base::message_peek, error) > 0) {
      return;  // the next request is here already; who sends that has not left, and can no longer be watched
    }
    if (error == net::error::operation_aborted) return;
    if (error == net::error::would_block || error == net::error::try_again) return self->WatchClient();
    self->Leave();
  });
}

void HttpSession::Leave() {
  phase_ = Phase::kReading;
  on_ready_ = nullptr;
  Close();
  if (const std::function<void()> on_leave = std::exchange(on_leave_, nullptr)) on_leave();
}

void HttpSession::SetOnLeave(uint64_t serial, std::function<void()> on_leave) {
  if (IsCurrent(serial)) {
    on_leave_ = std::move(on_leave);
  } else if (serial == serial_ && !stream_.socket().is_open()) {
    on_leave();
  }
}

void HttpSession::Abandon(uint64_t serial) {
  if (IsCurrent(serial) && phase_ != Phase::kFinishing) Leave();
}

void HttpSession::Respond(uint64_t serial, const HttpResponse& response) {
  if (IsCurrent(serial) && phase_ == Phase::kHandling) Send(response, is_head_request_);
}

void HttpSession::Send(const HttpResponse& response, bool is_head_request) {
  using Message = http::response<http::span_body<const char>>;
  static const auto empty = std::make_shared<const std::string>();
  phase_ = Phase::kFinishing;
  const std::shared_ptr<const std::string> body = response.body == nullptr ? empty : response.body;
  auto message = std::make_shared<Message>();
  message->version(version_);
  SetHead(response, keeps_alive(), message.get());
  message->body() = beast::span<const char>(body->data(), body->size());
  message->prepare_payload();
  ExpireAfter(WriteTimeout(body->size()));
  auto serializer = std::make_shared<http::response_serializer<http::span_body<const char>>>(*message);
  const auto on_sent = [self = shared_from_this(), message, body, serializer](Error error, size_t /*bytes*/) {
    self->OnSent(error);
  };
  if (is_head_request) {
    http::async_write_header(stream_, *serializer, on_sent);
  } else {
    http::async_write(stream_, *serializer, on_sent);
  }
}

void HttpSession::OnSent(Error error) {
  if (error) return Leave();
  stream_.expires_never();
  phase_ = Phase::kReading;
  on_leave_ = nullptr;
  on_ready_ = nullptr;
  Error ignored;
  std::ignore = stream_.socket().cancel(ignored);  // WatchClient()
  if (!keeps_alive()) return Linger();
  ReadFirstByte();
}

void HttpSession::StartStream(uint64_t serial, const HttpResponse& head, std::function<void()> on_ready) {
  if (!IsCurrent(serial) || phase_ != Phase::kHandling) return;
  phase_ = Phase::kStreaming;
  on_ready_ = std::move(on_ready);
  is_chunked_ = version_ >= 11;
  if (!is_chunked_) keep_alive_ = false;
  auto message = std::make_shared<http::response<http::empty_body>>();
  message->version(version_);
  SetHead(head, keeps_alive(), message.get());
  if (is_chunked_) message->chunked(true);
  ExpireAfter(WriteTimeout(0));
  auto serializer = std::make_shared<http::response_serializer<http::empty_body>>(*message);
  http::async_write_header(stream_, *serializer, [self = shared_from_this(), message, serializer](Error error, size_t /*bytes*/) {
    self->OnPieceSent(error);
  });
}

void HttpSession::Write(uint64_t serial, std::string piece) {
  if (!IsCurrent(serial) || phase_ != Phase::kStreaming) return;
  const auto kept = std::make_shared<const std::string>(std::move(piece));
  ExpireAfter(WriteTimeout(kept->size()));
  const auto on_sent = [self = shared_from_this(), kept](Error error, size_t /*bytes*/) { self->OnPieceSent(error); };
  if (is_chunked_) {
    net::async_write(stream_, http::make_chunk(net::buffer(*kept)), on_sent);
  } else {
    net::async_write(stream_, net::buffer(*kept), on_sent);
  }
}

void HttpSession::OnPieceSent(Error error) {
  if (error) return Leave();
  stream_.expires_never();
  if (const std::function<void()> on_ready = on_ready_) on_ready();
}

void HttpSession::EndStream(uint64_t serial) {
  if (!IsCurrent(serial) || phase_ != Phase::kStreaming) return;
  phase_ = Phase::kFinishing;
  if (!is_chunked_) return OnSent({});
  ExpireAfter(WriteTimeout(0));
  net::async_write(stream_, http::make_chunk_last(),
                   [self = shared_from_this()](Error error, size_t /*bytes*/) { self->OnSent(error); });
}

void HttpSession::RefuseAfter(Error error) {
  if (error == http::error::body_limit) {
    return Refuse(413, absl::StrCat("the request's body is longer than ", context_->options.max_body_bytes, " bytes"));
  }
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return Refuse(431, absl::StrCat("the request's headers are longer than ", context_->options.max_header_bytes, " bytes"));
  }
  if (timed_out_) return Refuse(408, "the request did not arrive in time");
  if (error.category() == http::make_error_code(http::error::bad_method).category() && error != http::error::end_of_stream &&
      error != http::error::partial_message) {
    return Refuse(400, absl::StrCat("the request is not valid HTTP: ", error.message()));
  }
  Close();
}

void HttpSession::Refuse(int status, const std::string& message) {
  read_timer_.cancel();
  keep_alive_ = false;
  ++serial_;
  Send(context_->refusal(status, message), /*is_head_request=*/false);
}

void HttpSession::Linger() {
  Error ignored;
  std::ignore = stream_.socket().shutdown(Socket::shutdown_send, ignored);
  GuardRead(context_->options.linger_timeout);
  ReadRest();
}

void HttpSession::ReadRest() {
  buffer_.clear();
  stream_.async_read_some(buffer_.prepare(kReadBytes), [self = shared_from_this()](Error error, size_t bytes) {
    self->lingered_bytes_ += bytes;
    if (error || self->lingered_bytes_ > kMaxLingeredBytes) return self->Close();
    self->ReadRest();
  });
}

}  // namespace unclip::gateway
