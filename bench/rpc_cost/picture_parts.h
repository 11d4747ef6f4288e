// Where the time between a request and its picture went.
#ifndef UNCLIP_BENCH_RPC_COST_PICTURE_PARTS_H_
#define UNCLIP_BENCH_RPC_COST_PICTURE_PARTS_H_

#include <array>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "unclip/gateway/v1/image_generation_service.pb.h"

namespace unclip::bench {

// The parts, which add up to the whole.
inline constexpr std::array<absl::string_view, 6> kPartNames = {
    "client to gateway and back",                   // what the gateway does not see, and its answer's serialization
    "clip: the call, as the gateway sees it",       // all of it
    "prior: queue and steps, in its service",       // without the call
    "decoder: queue and steps, in its service",     // likewise
    "encoding",                                     // of the file, in the gateway
    "calls of prior and decoder, gateway's queues"  // what is left
};

using PictureParts = std::array<absl::Duration, kPartNames.size()>;

// Of a picture that came `latency` after its request was sent.
PictureParts PartsOf(const gateway::v1::GeneratedImage& picture, absl::Duration latency);

}  // namespace unclip::bench

#endif  // UNCLIP_BENCH_RPC_COST_PICTURE_PARTS_H_
