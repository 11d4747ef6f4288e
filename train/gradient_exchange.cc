#include "train/gradient_exchange.h"

#include <ATen/ops/cat.h>
#include <c10/core/GradMode.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/status_macros.h"

namespace unclip::train {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr uint32_t kMagic = 0x554E434C;  // "UNCL"
constexpr absl::Duration kRetryInterval = absl::Milliseconds(100);

// What goes before the gradients. Of machines of one kind: as it lies in memory.
struct Header {
  uint32_t magic = kMagic;
  int32_t rank = 0;
  int64_t count = 0;  // of float32 values
  int32_t stop = 0;
  int32_t world_size = 0;
};

absl::Status Lost(absl::string_view whom, const error_code& error) {
  return absl::UnavailableError(absl::StrCat("data-parallel training: ", whom, ": ", error.message()));
}

class Alone : public GradientExchange {
 public:
  absl::StatusOr<bool> Average(const std::vector<at::Tensor>& /*gradients*/, bool stop) override { return stop; }
  int rank() const override { return 0; }
  int world_size() const override { return 1; }
};

class TcpExchange : public GradientExchange {
 public:
  explicit TcpExchange(TcpExchangeOptions options) : options_(std::move(options)), sockets_(options_.world_size) {}

  absl::Status Connect(const std::function<void(const std::string&)>& bound);

  absl::StatusOr<bool> Average(const std::vector<at::Tensor>& gradients, bool stop) override;
  int rank() const override { return options_.rank; }
  int world_size() const override { return options_.world_size; }

 private:
  using Socket = std::unique_ptr<tcp::socket>;

  absl::Status Accept(const std::string& host, const std::string& port, const std::function<void(const std::string&)>& bound);
  absl::Status Join(const std::string& host, const std::string& port);
  absl::Status Greet(Socket socket);

  // Of the process `rank`.
  absl::StatusOr<Header> ReadHeader(int rank, int64_t count);
  absl::Status Read(int rank, void* to, size_t bytes);
  absl::Status Write(int rank, const void* from, size_t bytes);
  Header HeaderOf(int64_t count, bool stop) const {
    return {.rank = options_.rank, .count = count, .stop = stop ? 1 : 0, .world_size = options_.world_size};
  }

  const TcpExchangeOptions options_;
  asio::io_context context_;
  std::vector<Socket> sockets_;  // by rank; rank 0 has all others, they have that of rank 0
};

absl::Status TcpExchange::Read(int rank, void* to, size_t bytes) {
  error_code error;
  asio::read(*sockets_[rank], asio::buffer(to, bytes), error);
  return error ? Lost(absl::StrCat("process ", rank, " went away"), error) : absl::OkStatus();
}

absl::Status TcpExchange::Write(int rank, const void* from, size_t bytes) {
  error_code error;
  asio::write(*sockets_[rank], asio::buffer(from, bytes), error);
  return error ? Lost(absl::StrCat("process ", rank, " went away"), error) : absl::OkStatus();
}

absl::StatusOr<Header> TcpExchange::ReadHeader(int rank, int64_t count) {
  Header header;
  RETURN_IF_ERROR(Read(rank, &header, sizeof(header)));
  if (header.magic != kMagic || header.count != count || header.world_size != options_.world_size) {
    return absl::InvalidArgumentError(absl::StrCat("data-parallel training: process ", rank, " has ", header.count,
                                                   " gradients of ", header.world_size, " processes where this one has ", count,
                                                   " of ", options_.world_size, "; all must run the same config"));
  }
  return header;
}

absl::Status TcpExchange::Greet(Socket socket) {
  Header header;
  error_code error;
  asio::read(*socket, asio::buffer(&header, sizeof(header)), error);
  if (error) return Lost("a process that had just come", error);
  if (header.magic != kMagic || header.world_size != options_.world_size || header.rank < 1 ||
      header.rank >= options_.world_size || sockets_[header.rank] != nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("data-parallel training: a process came as rank ", header.rank, " of ",
                                                   header.world_size, "; wanted are ranks 1 to ", options_.world_size - 1,
                                                   ", once each"));
  }
  socket->set_option(tcp::no_delay(true));
  sockets_[header.rank] = std::move(socket);
  return absl::OkStatus();
}

absl::Status TcpExchange::Accept(const std::string& host, const std::string& port,
                                 const std::function<void(const std::string&)>& bound) {
  error_code error;
  const auto found = tcp::resolver(context_).resolve(host, port, tcp::resolver::passive, error);
  if (error) return Lost(options_.address, error);
  tcp::acceptor acceptor(context_);
  const tcp::endpoint endpoint = *found.begin();
  // What they return is `error` once more.
  static_cast<void>(acceptor.open(endpoint.protocol(), error));
  if (!error) static_cast<void>(acceptor.set_option(tcp::acceptor::reuse_address(true), error));
  if (!error) static_cast<void>(acceptor.bind(endpoint, error));
  if (!error) static_cast<void>(acceptor.listen(options_.world_size, error));
  if (error) return Lost(absl::StrCat(options_.address, " cannot be listened at"), error);
  if (bound) bound(absl::StrCat(host, ":", acceptor.local_endpoint().port()));
  for (int missing = options_.world_size - 1; missing > 0; --missing) {
    auto socket = std::make_unique<tcp::socket>(context_);
    error = asio::error::timed_out;
    acceptor.async_accept(*socket, [&error](const error_code& result) { error = result; });
    context_.restart();
    context_.run_for(absl::ToChronoMilliseconds(options_.patience));
    if (error) return Lost(absl::StrCat(missing, " of ", options_.world_size, " processes did not come"), error);
    RETURN_IF_ERROR(Greet(std::move(socket)));
  }
  return absl::OkStatus();
}

absl::Status TcpExchange::Join(const std::string& host, const std::string& port) {
  const absl::Time deadline = absl::Now() + options_.patience;
  auto socket = std::make_unique<tcp::socket>(context_);
  for (;;) {
    error_code error;
    const auto found = tcp::resolver(context_).resolve(host, port, error);
    if (!error) asio::connect(*socket, found, error);
    if (!error) break;
    if (absl::Now() > deadline) return Lost(absl::StrCat("process 0 at ", options_.address), error);
    // It may not be there yet.
    asio::steady_timer timer(context_, absl::ToChronoMilliseconds(kRetryInterval));
    timer.wait();
  }
  socket->set_option(tcp::no_delay(true));
  sockets_[0] = std::move(socket);
  const Header header = HeaderOf(0, false);
  return Write(0, &header, sizeof(header));
}

absl::Status TcpExchange::Connect(const std::function<void(const std::string&)>& bound) {
  const size_t colon = options_.address.rfind(':');
  int port = -1;
  if (colon == std::string::npos || !absl::SimpleAtoi(options_.address.substr(colon + 1), &port) || port < 0 || port > 65535) {
    return absl::InvalidArgumentError(absl::StrCat("\"", options_.address, "\" must be HOST:PORT"));
  }
  const std::string host = options_.address.substr(0, colon);
  return options_.rank == 0 ? Accept(host, absl::StrCat(port), bound) : Join(host, absl::StrCat(port));
}

absl::StatusOr<bool> TcpExchange::Average(const std::vector<at::Tensor>& gradients, bool stop) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> flat;
  flat.reserve(gradients.size());
  for (const at::Tensor& gradient : gradients) flat.push_back(gradient.flatten());
  at::Tensor sum = at::cat(flat);  // [all values]
  const int64_t count = sum.numel();
  if (options_.rank == 0) {
    at::Tensor other = sum.clone();
    for (int rank = 1; rank < options_.world_size; ++rank) {
      ASSIGN_OR_RETURN(const Header header, ReadHeader(rank, count));
      stop = stop || header.stop != 0;
      RETURN_IF_ERROR(Read(rank, other.data_ptr(), other.nbytes()));
      sum.add_(other);
    }
    sum.div_(options_.world_size);
  }
  const Header header = HeaderOf(count, stop);
  const int first = options_.rank == 0 ? 1 : 0, last = options_.rank == 0 ? options_.world_size - 1 : 0;
  for (int rank = first; rank <= last; ++rank) {
    RETURN_IF_ERROR(Write(rank, &header, sizeof(header)));
    RETURN_IF_ERROR(Write(rank, sum.const_data_ptr(), sum.nbytes()));
  }
  if (options_.rank != 0) {
    ASSIGN_OR_RETURN(const Header answer, ReadHeader(0, count));
    stop = answer.stop != 0;
    RETURN_IF_ERROR(Read(0, sum.data_ptr(), sum.nbytes()));
  }
  int64_t begin = 0;
  for (const at::Tensor& gradient : gradients) {
    gradient.copy_(sum.narrow(0, begin, gradient.numel()).view_as(gradient));
    begin += gradient.numel();
  }
  return stop;
}

}  // namespace

std::unique_ptr<GradientExchange> NoExchange() { return std::make_unique<Alone>(); }

absl::StatusOr<std::unique_ptr<GradientExchange>> ConnectTcpExchange(const TcpExchangeOptions& options,
                                                                     const std::function<void(const std::string&)>& bound) {
  auto exchange = std::make_unique<TcpExchange>(options);
  RETURN_IF_ERROR(exchange->Connect(bound));
  return exchange;
}

}  // namespace unclip::train
