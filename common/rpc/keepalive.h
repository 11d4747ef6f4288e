// The keepalive and message size contract between our gRPC clients and servers. Both sides must take it from here: a server ends
// the connections of clients that ping more often than it allows, and a message passes only within both sides' limits.
#ifndef UNCLIP_COMMON_RPC_KEEPALIVE_H_
#define UNCLIP_COMMON_RPC_KEEPALIVE_H_

namespace unclip {

// (A client must also set GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA to 0: by default gRPC stops pinging after two pings without data,
// which a call that waits for a long computation sends none of.) A client pings a silent connection this often, with calls or
// without, and gives it up when no answer comes in time: a stalled or cut-off server is noticed within the sum of the two.
inline constexpr int kClientKeepaliveTimeMs = 10'000;
inline constexpr int kClientKeepaliveTimeoutMs = 5'000;

// A server accepts pings this far apart. Half of what our clients do, so that timers that fire early do no harm.
inline constexpr int kServerMinPingIntervalMs = 5'000;

// Greatest message either way: 16 candidates, a 1024² picture with its previews, or a 32 MiB upload stay far below it.
inline constexpr int kMaxMessageBytes = 64 * 1024 * 1024;

}  // namespace unclip

#endif  // UNCLIP_COMMON_RPC_KEEPALIVE_H_
