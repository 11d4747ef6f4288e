// The way of a request from its prompts, and the picture it starts from if any, to its pictures: read, embed, and for each
// picture draw candidates, choose, decode, encode.
#ifndef UNCLIP_GATEWAY_GENERATION_PIPELINE_H_
#define UNCLIP_GATEWAY_GENERATION_PIPELINE_H_

#include <semaphore>
#include <vector>

#include "absl/status/statusor.h"
#include "gateway/capabilities.h"
#include "gateway/clients/clip_client.h"
#include "gateway/clients/decoder_client.h"
#include "gateway/clients/prior_client.h"
#include "gateway/embedding_cache.h"
#include "gateway/gateway_metrics.h"
#include "gateway/generation_observer.h"
#include "gateway/generation_request.h"
#include "gateway/picture_maker.h"
#include "gateway/request_context.h"
#include "gateway/worker_pool.h"
#include "unclip/gateway/v1/image_generation_service.pb.h"

namespace unclip::gateway {

// All must outlive the pipeline.
struct GenerationPipelineOptions {
  ClipClient* clip = nullptr;
  PriorClient* prior = nullptr;
  DecoderClient* decoder = nullptr;
  EmbeddingCache* embedding_cache = nullptr;
  WorkerPool* picture_pool = nullptr;  // its size is how many pictures of all requests are made at a time
  GatewayMetrics* metrics = nullptr;
};

// Thread-safe.
class GenerationPipeline {
 public:
  explicit GenerationPipeline(const GenerationPipelineOptions& options) : options_(options) {}

  // Makes the pictures of `request`, which was checked against `capabilities`, side by side, and hands each to `observer`. Blocks
  // until all are finished, or the first has failed and the others have stopped. Returns what was done otherwise than asked, or
  // the first error (INVALID_ARGUMENT when a picture to start from cannot be read), or why the request was cancelled; nothing
  // runs any more then.
  absl::StatusOr<std::vector<v1::Warning>> Run(const GenerationRequest& request, const Capabilities& capabilities,
                                               const RequestContext& context, GenerationObserver& observer) const;

 private:
  // Users' files that are decoded at a time: each may take 16 Mi pixels, and a machine does not do more of them at once faster.
  static constexpr int kMaxDecoding = 4;

  // Reads the picture that `request` starts from, if any, and embeds the prompts and it.
  absl::StatusOr<PictureSource> ReadSource(const GenerationRequest& request, const Capabilities& capabilities,
                                           const RequestContext& context) const;

  const GenerationPipelineOptions options_;
  mutable std::counting_semaphore<kMaxDecoding> decoding_{kMaxDecoding};
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_GENERATION_PIPELINE_H_
