#include "gateway/image_embedder.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "common/rpc/proto_duration.h"
#include "common/validation/field_check.h"

namespace unclip::gateway {

absl::StatusOr<EmbeddedImage> EmbedImage(ClipClient* clip, const std::string& file, const Capabilities& capabilities,
                                         const RequestContext& context) {
  const absl::Duration start = context.clock->Now();
  ASSIGN_OR_RETURN(clip::v1::EmbedImageResponse response, clip->EmbedImage(context, file));
  absl::Status status = CheckLength("embedding", response.embedding().values_size(), capabilities.embedding_dim);
  status.Update(CheckFinite("embedding", response.embedding().values()));
  if (!status.ok()) {
    return absl::InternalError(absl::StrCat("the clip service answered with a broken picture's embedding: ", status.message()));
  }
  EmbeddedImage embedded;
  embedded.embedding = std::move(*response.mutable_embedding());
  embedded.timing.set_stage(common::v1::STAGE_EMBED_IMAGE);
  *embedded.timing.mutable_run_duration() = ToProtoDuration(context.clock->Now() - start);
  *embedded.timing.mutable_queue_duration() = ToProtoDuration(absl::ZeroDuration());
  return embedded;
}

}  // namespace unclip::gateway
