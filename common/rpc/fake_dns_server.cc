#include "common/rpc/fake_dns_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"

namespace unclip {
namespace {

// RFC 1035, section 4: a message is a header of 12 bytes, the questions, the answers.
constexpr size_t kHeaderBytes = 12;
constexpr char kTypeA = 1;

}  // namespace

FakeDnsServer::FakeDnsServer() {
  socket_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  socklen_t length = sizeof(address);
  EXPECT_EQ(getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length), 0);
  const timeval timeout = {.tv_sec = 0, .tv_usec = 50'000};  // how soon Serve() sees that it is to stop
  EXPECT_EQ(setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)), 0);
  address_ = absl::StrCat("127.0.0.1:", ntohs(address.sin_port));
  thread_ = std::thread([this] { Serve(); });
}

FakeDnsServer::~FakeDnsServer() {
  stopping_ = true;
  thread_.join();
  close(socket_);
}

void FakeDnsServer::SetAddresses(std::vector<std::string> addresses) {
  absl::MutexLock lock(&mutex_);
  addresses_ = std::move(addresses);
}

void FakeDnsServer::Serve() {
  while (!stopping_) {
    char buffer[512];
    sockaddr_in client = {};
    socklen_t length = sizeof(client);
    const ssize_t size = recvfrom(socket_, buffer, sizeof(buffer), 0, reinterpret_cast<sockaddr*>(&client), &length);
    if (size < static_cast<ssize_t>(kHeaderBytes)) continue;
    const std::string answer = Answer(absl::string_view(buffer, static_cast<size_t>(size)));
    sendto(socket_, answer.data(), answer.size(), 0, reinterpret_cast<const sockaddr*>(&client), length);
  }
}

std::string FakeDnsServer::Answer(absl::string_view query) const {
  size_t end = query.find('\0', kHeaderBytes);  // of the question's name
  if (end == absl::string_view::npos || end + 5 > query.size()) return "";
  end += 5;  // the zero, the type, the class
  std::vector<std::string> addresses;
  if (query[end - 3] == kTypeA) {
    absl::MutexLock lock(&mutex_);
    addresses = addresses_;
  }
  std::string answer(query.substr(0, 2));                                  // the query's id
  absl::StrAppend(&answer, absl::string_view("\x85\x80\x00\x01\x00", 5));  // an authoritative answer without error; one question
  answer += static_cast<char>(addresses.size());                           // that many answers
  absl::StrAppend(&answer, absl::string_view("\x00\x00\x00\x00", 4));      // nothing else
  absl::StrAppend(&answer, query.substr(kHeaderBytes, end - kHeaderBytes));  // the question
  for (const std::string& address : addresses) {
    in_addr number = {};
    EXPECT_EQ(inet_pton(AF_INET, address.c_str(), &number), 1) << address;
    absl::StrAppend(&answer, absl::string_view("\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x00\x00\x04",
                                               12));  // the name above, A, IN, TTL 0, 4 bytes
    absl::StrAppend(&answer, absl::string_view(reinterpret_cast<const char*>(&number), sizeof(number)));
  }
  return answer;
}

}  // namespace unclip
