// Addresses in the form HOST:PORT.
#ifndef UNCLIP_COMMON_NET_HOST_PORT_H_
#define UNCLIP_COMMON_NET_HOST_PORT_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace unclip {

struct HostPort {
  std::string host;  // a name, an IPv4 address, or an IPv6 address without its brackets
  int port = 0;      // 0 to 65535; 0 asks for any free one

  // "127.0.0.1:80" or "[::1]:80".
  std::string ToString() const;
};

// INVALID_ARGUMENT, naming `field`, when `text` is not HOST:PORT (an IPv6 address needs brackets).
absl::StatusOr<HostPort> ParseHostPort(absl::string_view field, absl::string_view text);

}  // namespace unclip

#endif  // UNCLIP_COMMON_NET_HOST_PORT_H_
