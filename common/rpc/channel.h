// Channels from one of our processes to the replicas of a service.
//
// What a channel does, and why (measured on gRPC 1.51):
// - spreads calls over the replicas (round_robin) and leaves out those whose health says NOT_SERVING: the only sign of a drain
//   that loses no call;
// - looks names up again after a second when a connection is lost: by default it would keep to the old addresses for 30 s;
// - pings silent connections, so that a stalled or cut-off replica is noticed within common/rpc/keepalive.h's times;
// - retries calls that no replica has begun to answer, when they failed with UNAVAILABLE: up to 4 attempts, with a buffer for
//   requests up to 4 MiB (larger ones are not retried), and a budget shared by all calls to one target, so that a dead service
//   is not stormed. A stream that breaks after its first message is the caller's to issue again.
// Calls fail fast: none waits for a replica to come up unless it asks to.
#ifndef UNCLIP_COMMON_RPC_CHANNEL_H_
#define UNCLIP_COMMON_RPC_CHANNEL_H_

#include <grpcpp/channel.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace unclip {

// gRPC's name of `target`, which says where a service's replicas are, in one of these forms:
//   host:port                      a DNS name that may resolve to many addresses, or one address
//   dns:///host:port               the same; dns://server:port/host:port asks that DNS server
//   10.0.0.1:50051,10.0.0.2:50051  addresses, all IPv4 or all IPv6 ([::1]:50051)
//   ipv4:..., ipv6:...             the same in gRPC's own writing
// INVALID_ARGUMENT, naming `field`, for anything else, names in a list among them: gRPC looks up one name a channel.
absl::StatusOr<std::string> ResolveTarget(absl::string_view field, absl::string_view target);

// The service config of a channel to `service` ("unclip.prior.v1.PriorService"), whose health name is that same name.
std::string ServiceConfigJson(absl::string_view service);

// A plaintext channel to the replicas of `service` at `target`; connects when first used. INVALID_ARGUMENT as ResolveTarget.
absl::StatusOr<std::shared_ptr<grpc::Channel>> CreateServiceChannel(absl::string_view field, absl::string_view target,
                                                                    absl::string_view service);

}  // namespace unclip

#endif  // UNCLIP_COMMON_RPC_CHANNEL_H_
