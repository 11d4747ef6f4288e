#include "common/rpc/channel.h"

#include <arpa/inet.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/support/channel_arguments.h>

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "common/net/host_port.h"
#include "common/rpc/keepalive.h"

namespace unclip {
namespace {

constexpr int kRetryBufferBytes = 4 * 1024 * 1024;
constexpr int kMinTimeBetweenResolutionsMs = 1'000;
// A replica that restarts is found again within a second or so.
constexpr int kInitialReconnectBackoffMs = 200;
constexpr int kMaxReconnectBackoffMs = 1'000;
// Time an attempt to connect may take (gRPC's odd name: "min reconnect backoff").
constexpr int kConnectTimeoutMs = 3'000;

enum class Family { kName, kIpv4, kIpv6 };

Family FamilyOf(const std::string& host) {
  in6_addr address;
  if (inet_pton(AF_INET, host.c_str(), &address) == 1) return Family::kIpv4;
  if (inet_pton(AF_INET6, host.c_str(), &address) == 1) return Family::kIpv6;
  return Family::kName;
}

absl::StatusOr<HostPort> ParseTargetAddress(absl::string_view field, absl::string_view text) {
  ASSIGN_OR_RETURN(HostPort address, ParseHostPort(field, text));
  if (address.port == 0) {
    return absl::InvalidArgumentError(absl::StrCat(field, " is \"", text, "\"; the port to connect to must be 1 to 65535"));
  }
  return address;
}

// `list` holds one or several addresses, of which several must be numbers of one family.
absl::StatusOr<std::string> ResolveList(absl::string_view field, absl::string_view list) {
  std::vector<HostPort> addresses;
  for (const absl::string_view part : absl::StrSplit(list, ',')) {
    ASSIGN_OR_RETURN(HostPort address, ParseTargetAddress(field, absl::StripAsciiWhitespace(part)));
    addresses.push_back(std::move(address));
  }
  const Family family = FamilyOf(addresses.front().host);
  if (addresses.size() == 1 && family == Family::kName) return absl::StrCat("dns:///", addresses.front().ToString());
  for (const HostPort& address : addresses) {
    if (FamilyOf(address.host) == Family::kName) {
      return absl::InvalidArgumentError(
          absl::StrCat(field, " lists the name \"", address.host,
                       "\"; a list must hold addresses only (10.0.0.1:50051,10.0.0.2:50051). Use one "
                       "DNS name that resolves to every replica instead"));
    }
    if (FamilyOf(address.host) != family) {
      return absl::InvalidArgumentError(
          absl::StrCat(field, " is \"", list, "\"; a list must hold IPv4 addresses only or IPv6 addresses only"));
    }
  }
  return absl::StrCat(
      family == Family::kIpv4 ? "ipv4:" : "ipv6:",
      absl::StrJoin(addresses, ",", [](std::string* out, const HostPort& address) { out->append(address.ToString()); }));
}

// `rest` is what follows "dns:": "///name:port", "//server:port/name:port" or "name:port".
absl::StatusOr<std::string> ResolveDns(absl::string_view field, absl::string_view rest) {
  std::string server;
  if (absl::ConsumePrefix(&rest, "//")) {
    const size_t slash = rest.find('/');
    if (slash == absl::string_view::npos) {
      return absl::InvalidArgumentError(
          absl::StrCat(field, " is \"dns://", rest, "\"; it must be dns:///HOST:PORT or dns://SERVER:PORT/HOST:PORT"));
    }
    if (slash > 0) {
      ASSIGN_OR_RETURN(const HostPort address, ParseTargetAddress(field, rest.substr(0, slash)));
      server = address.ToString();
    }
    rest.remove_prefix(slash + 1);
  }
  ASSIGN_OR_RETURN(const HostPort address, ParseTargetAddress(field, rest));
  return absl::StrCat("dns://", server, "/", address.ToString());
}

}  // namespace

absl::StatusOr<std::string> ResolveTarget(absl::string_view field, absl::string_view target) {
  absl::string_view rest = target;
  if (absl::ConsumePrefix(&rest, "dns:")) return ResolveDns(field, rest);
  for (const absl::string_view scheme : {"ipv4:", "ipv6:"}) {
    if (!absl::ConsumePrefix(&rest, scheme)) continue;
    ASSIGN_OR_RETURN(std::string resolved, ResolveList(field, rest));
    if (absl::StartsWith(resolved, scheme)) return resolved;
    return absl::InvalidArgumentError(
        absl::StrCat(field, " is \"", target, "\"; after ", scheme, " only such addresses can stand"));
  }
  if (absl::StrContains(target, "://") || absl::StartsWith(target, "unix:")) {
    return absl::InvalidArgumentError(absl::StrCat(
        field, " is \"", target, "\"; it must be HOST:PORT, dns:///HOST:PORT or a list of addresses IP:PORT,IP:PORT"));
  }
  return ResolveList(field, target);
}

std::string ServiceConfigJson(absl::string_view service) {
  // GetModelInfo is the probe that tells whether a service is up: it must say what is wrong at once, not after retries.
  // The retry budget: 400 tokens, of which a failed attempt takes one and a call that succeeds gives back 0.1; below 200 nothing
  // is retried. So the loss of a replica with all that it held is retried, and a dead service sees at most a tenth more calls.
  constexpr char kTemplate[] = R"json({
    "loadBalancingConfig": [{"round_robin": {}}],
    "healthCheckConfig": {"serviceName": "SERVICE"},
    "retryThrottling": {"maxTokens": 400, "tokenRatio": 0.1},
    "methodConfig": [
      {"name": [{"service": "SERVICE", "method": "GetModelInfo"}]},
      {"name": [{}],
       "retryPolicy": {"maxAttempts": 4, "initialBackoff": "0.05s", "maxBackoff": "1s", "backoffMultiplier": 2,
                       "retryableStatusCodes": ["UNAVAILABLE"]}}
    ]
  })json";
  return absl::StrReplaceAll(kTemplate, {{"SERVICE", service}});
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> CreateServiceChannel(absl::string_view field, absl::string_view target,
                                                                    absl::string_view service) {
  ASSIGN_OR_RETURN(const std::string resolved, ResolveTarget(field, target));
  grpc::ChannelArguments arguments;
  arguments.SetServiceConfigJSON(ServiceConfigJson(service));
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);  // ours holds, whatever a DNS TXT record says
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);                  // the cluster's own traffic never goes through a proxy
  // A connection is not shared between channels: gRPC 1.51 crashes at a call through one whose health is watched under another
  // name when it has failed to connect already (its health watcher begins in TRANSIENT_FAILURE with an OK status).
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_PER_RPC_RETRY_BUFFER_SIZE, kRetryBufferBytes);
  arguments.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, kMinTimeBetweenResolutionsMs);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kInitialReconnectBackoffMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kMaxReconnectBackoffMs);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kConnectTimeoutMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kClientKeepaliveTimeMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kClientKeepaliveTimeoutMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  arguments.SetMaxSendMessageSize(kMaxMessageBytes);
  return grpc::CreateCustomChannel(resolved, grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace unclip
