#include "common/net/host_port.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace unclip {
namespace {

bool IsPort(absl::string_view text) {
  int port = 0;
  return !text.empty() && text.size() <= 5 && text.find_first_not_of("0123456789") == absl::string_view::npos &&
         absl::SimpleAtoi(text, &port) && port <= 65535;
}

}  // namespace

std::string HostPort::ToString() const {
  return absl::StrContains(host, ':') ? absl::StrCat("[", host, "]:", port) : absl::StrCat(host, ":", port);
}

absl::StatusOr<HostPort> ParseHostPort(absl::string_view field, absl::string_view text) {
  absl::Status error = absl::InvalidArgumentError(absl::StrCat(
      field, " is \"", text, "\"; it must be HOST:PORT, such as 127.0.0.1:50051 or [::1]:50051, with a port of 0 to 65535"));
  const size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos || !IsPort(text.substr(colon + 1))) return error;
  absl::string_view host = text.substr(0, colon);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (absl::StrContains(host, ':')) {
    return error;
  }
  if (host.empty() || host.find_first_of("[]/ \t\r\n,") != absl::string_view::npos) return error;
  HostPort result{.host = std::string(host)};
  if (!absl::SimpleAtoi(text.substr(colon + 1), &result.port)) return error;
  return result;
}

}  // namespace unclip
