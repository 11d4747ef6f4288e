#include "gateway/http/http_server.h"

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <list>
#include <mutex>
#include <thread>
#include <tuple>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "common/log/log.h"
#include "common/net/host_port.h"
#include "gateway/http/http_session.h"

namespace unclip::gateway {
namespace {

namespace net = boost::asio;
using Tcp = net::ip::tcp;
using Error = boost::system::error_code;

// When the process has no file descriptor left, or there are as many connections as may be.
constexpr absl::Duration kAcceptPause = absl::Milliseconds(50);

absl::Status BindError(const std::string& address, const Error& error) {
  return absl::UnavailableError(absl::StrCat("cannot listen for HTTP on ", address, ": ", error.message()));
}

}  // namespace

// Everything but Stop() and the constructor runs on thread_.
class HttpServer::Impl {
 public:
  Impl(const HttpServerOptions& options, Handler handler, Refusal refusal)
      : context_{.options = options,
                 .handler = std::move(handler),
                 .refusal = std::move(refusal),
                 .post = std::make_shared<IoPost>(&io_),
                 .on_end = [this] { --connection_count_; }},
        acceptor_(io_),
        pause_(io_) {}

  absl::Status Listen() {
    ASSIGN_OR_RETURN(HostPort host_port, ParseHostPort("--http_listen", context_.options.listen));
    Error error;
    Tcp::resolver resolver(io_);
    const auto found = resolver.resolve(host_port.host, absl::StrCat(host_port.port), Tcp::resolver::passive, error);
    if (error) return BindError(context_.options.listen, error);
    const Tcp::endpoint endpoint = found.begin()->endpoint();
    std::ignore = acceptor_.open(endpoint.protocol(), error);
    if (!error) std::ignore = acceptor_.set_option(net::socket_base::reuse_address(true), error);
    if (!error) std::ignore = acceptor_.bind(endpoint, error);
    if (!error) std::ignore = acceptor_.listen(net::socket_base::max_listen_connections, error);
    if (error) return BindError(context_.options.listen, error);
    host_port.port = acceptor_.local_endpoint(error).port();
    if (error) return BindError(context_.options.listen, error);
    address_ = host_port.ToString();
    Accept();
    thread_ = std::thread([this] { Run(); });
    return absl::OkStatus();
  }

  void Stop() {
    std::call_once(stopped_, [this] {
      if (!thread_.joinable()) return;
      net::post(io_, [this] { BeginStop(); });
      thread_.join();
      context_.post->End();
    });
  }

  const std::string& address() const { return address_; }
  size_t connection_count() const { return connection_count_; }

 private:
  void Run() {
    while (true) {
      try {
        io_.run();
        return;
      } catch (const std::exception& e) {
        // Of one connection's handler, which is lost; the others go on.
        LogError("HTTP handler failed", {{"error", e.what()}});
      }
    }
  }

  void Accept() {
    if (connection_count_ >= context_.options.max_connections) return AcceptLater();
    acceptor_.async_accept([this](Error error, Tcp::socket socket) {
      if (error == net::error::operation_aborted) return;
      if (error) return AcceptLater();
      Error ignored;
      std::ignore = socket.set_option(Tcp::no_delay(true), ignored);
      ++connection_count_;
      const auto session = std::make_shared<HttpSession>(std::move(socket), &context_);
      std::erase_if(sessions_, [](const std::weak_ptr<HttpSession>& ended) { return ended.expired(); });
      sessions_.push_back(session);
      session->Start();
      Accept();
    });
  }

  void AcceptLater() {
    pause_.expires_after(absl::ToChronoNanoseconds(kAcceptPause));
    pause_.async_wait([this](Error error) {
      if (!error) Accept();
    });
  }

  void BeginStop() {
    Error ignored;
    std::ignore = acceptor_.close(ignored);
    ForEachSession([](HttpSession& session) { session.Stop(); });
    // With nothing left to wait for, run() returns before.
    pause_.expires_after(absl::ToChronoNanoseconds(context_.options.shutdown_timeout));
    pause_.async_wait([this](Error /*error*/) {
      ForEachSession([](HttpSession& session) { session.Close(); });
      io_.stop();
    });
    AwaitEnd();
  }

  void AwaitEnd() {
    if (connection_count_ == 0) return io_.stop();
    const auto timer = std::make_shared<net::steady_timer>(io_, absl::ToChronoNanoseconds(absl::Milliseconds(5)));
    timer->async_wait([this, timer](Error /*error*/) { AwaitEnd(); });
  }

  void ForEachSession(void (*call)(HttpSession& session)) {
    for (const std::weak_ptr<HttpSession>& weak : std::exchange(sessions_, {})) {
      if (const std::shared_ptr<HttpSession> session = weak.lock(); session != nullptr) {
        call(*session);
        sessions_.push_back(session);
      }
    }
  }

  // Before io_, whose destructor destroys the sessions that still wait for something, and they use these.
  std::atomic<size_t> connection_count_ = 0;
  HttpSessionContext context_;
  net::io_context io_{1};
  Tcp::acceptor acceptor_;
  net::steady_timer pause_;
  std::list<std::weak_ptr<HttpSession>> sessions_;
  std::string address_;
  std::once_flag stopped_;
  std::thread thread_;
};

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const HttpServerOptions& options, Handler handler,
                                                              Refusal refusal) {
  auto impl = std::make_unique<Impl>(options, std::move(handler), std::move(refusal));
  RETURN_IF_ERROR(impl->Listen());
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() { impl_->Stop(); }

const std::string& HttpServer::address() const { return impl_->address(); }

void HttpServer::Stop() { impl_->Stop(); }

size_t HttpServer::connection_count() const { return impl_->connection_count(); }

}  // namespace unclip::gateway
