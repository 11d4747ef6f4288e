#include "bench/rpc_cost/picture_parts.h"

#include "common/rpc/proto_duration.h"

namespace unclip::bench {
namespace {

enum Part { kClient, kClip, kPrior, kDecoder, kEncode, kRest };

Part PartOf(common::v1::Stage stage) {
  switch (stage) {
    case common::v1::STAGE_EMBED_TEXT:
      return kClip;
    case common::v1::STAGE_PRIOR:
      return kPrior;
    case common::v1::STAGE_DECODER:
    case common::v1::STAGE_SUPER_RES:
      return kDecoder;
    case common::v1::STAGE_ENCODE:
      return kEncode;
    default:
      return kRest;
  }
}

}  // namespace

PictureParts PartsOf(const gateway::v1::GeneratedImage& picture, absl::Duration latency) {
  PictureParts parts = {};
  const absl::Duration total = FromProtoDuration(picture.total_duration());
  parts[kClient] = latency - total;
  parts[kRest] = total;
  for (const common::v1::StageTiming& timing : picture.timings()) {
    const absl::Duration duration = FromProtoDuration(timing.queue_duration()) + FromProtoDuration(timing.run_duration());
    parts[PartOf(timing.stage())] += duration;
    parts[kRest] -= duration;
  }
  return parts;
}

}  // namespace unclip::bench
