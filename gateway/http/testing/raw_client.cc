#include "gateway/http/testing/raw_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace unclip::gateway {

RawClient::RawClient(const std::string& address) {
  const std::pair<std::string, std::string> parts = absl::StrSplit(address, ':');
  int port = 0;
  sockaddr_in to = {};
  to.sin_family = AF_INET;
  if (!absl::SimpleAtoi(parts.second, &port) || inet_pton(AF_INET, parts.first.c_str(), &to.sin_addr) != 1) return;
  to.sin_port = htons(static_cast<uint16_t>(port));
  socket_ = socket(AF_INET, SOCK_STREAM, 0);
  const timeval timeout = {.tv_sec = 60, .tv_usec = 0};
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
  if (connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) != 0) Close();
}

RawClient::~RawClient() { Close(); }

bool RawClient::Send(absl::string_view text) const {
  while (!text.empty()) {
    const ssize_t sent = send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    text.remove_prefix(sent);
  }
  return true;
}

void RawClient::EndSending() const { shutdown(socket_, SHUT_WR); }

void RawClient::Close() {
  if (socket_ >= 0) close(socket_);
  socket_ = -1;
}

bool RawClient::Receive() {
  char buffer[4096];
  const ssize_t size = recv(socket_, buffer, sizeof(buffer), 0);
  if (size <= 0) return false;
  received_.append(buffer, size);
  return true;
}

std::string RawClient::Take(size_t size) {
  std::string taken = received_.substr(0, size);
  received_.erase(0, size);
  return taken;
}

std::string RawClient::ReadUntil(absl::string_view end) {
  while (end.empty() || received_.find(std::string(end)) == std::string::npos) {
    if (!Receive()) return std::exchange(received_, "");
  }
  return Take(received_.find(std::string(end)) + end.size());
}

std::string RawClient::ReadAnswer() {
  std::string head = ReadUntil("\r\n\r\n");
  size_t length = 0;
  for (const absl::string_view line : absl::StrSplit(head, "\r\n")) {
    const std::pair<absl::string_view, absl::string_view> header = absl::StrSplit(line, absl::MaxSplits(": ", 1));
    if (absl::AsciiStrToLower(header.first) == "content-length" && !absl::SimpleAtoi(header.second, &length)) return head;
  }
  while (received_.size() < length && Receive()) {
  }
  return head + Take(length);
}

}  // namespace unclip::gateway
