#include "gateway/generation_pipeline.h"

#include <atomic>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "common/rpc/proto_duration.h"
#include "common/trace/span.h"
#include "gateway/image_embedder.h"
#include "gateway/parallel_tasks.h"
#include "gateway/progress_tracker.h"
#include "gateway/source_picture.h"
#include "gateway/text_embedder.h"

namespace unclip::gateway {
namespace {

// The value of a metric's label.
const char* StageLabel(common::v1::Stage stage) {
  switch (stage) {
    case common::v1::STAGE_EMBED_TEXT:
      return "embed_text";
    case common::v1::STAGE_EMBED_IMAGE:
      return "embed_image";
    case common::v1::STAGE_PRIOR:
      return "prior";
    case common::v1::STAGE_DECODER:
      return "decoder";
    case common::v1::STAGE_SUPER_RES:
      return "super_res";
    case common::v1::STAGE_ENCODE:
      return "encode";
    default:
      return "unknown";
  }
}

void CountStage(const common::v1::StageTiming& timing, GatewayMetrics* metrics) {
  metrics->StageDone(StageLabel(timing.stage()), FromProtoDuration(timing.queue_duration()),
                     FromProtoDuration(timing.run_duration()));
}

v1::Warning ResizeWarning(const PictureSize& from, const PictureSize& to) {
  v1::Warning warning;
  warning.set_code(v1::Warning::CODE_IMAGE_RESIZED);
  warning.set_message(absl::StrCat("the model draws ", from.width, "x", from.height, " pixels; the pictures were resampled to ",
                                   to.width, "x", to.height));
  return warning;
}

// Whether what the stage did was for all pictures of a request.
bool IsShared(common::v1::Stage stage) { return stage == common::v1::STAGE_EMBED_TEXT || stage == common::v1::STAGE_EMBED_IMAGE; }

}  // namespace

absl::StatusOr<PictureSource> GenerationPipeline::ReadSource(const GenerationRequest& request, const Capabilities& capabilities,
                                                             const RequestContext& context) const {
  PictureSource source;
  if (request.variation || request.edit) {
    decoding_.acquire();
    const absl::Cleanup release = [this] { decoding_.release(); };
    if (request.variation) RETURN_IF_ERROR(CheckVariation(*request.variation));
    if (request.edit) {
      ASSIGN_OR_RETURN(source.kept, ReadEdit(*request.edit, capabilities.native_size));
    }
  }
  {
    context.Enter(StageLabel(common::v1::STAGE_EMBED_TEXT), 0);
    const Span span = context.trace.StartSpan(StageLabel(common::v1::STAGE_EMBED_TEXT));
    ASSIGN_OR_RETURN(source.prompts,
                     EmbedPrompts(options_.clip, options_.embedding_cache, request, capabilities, context.Within(span)));
  }
  CountStage(source.prompts.timing, options_.metrics);
  if (request.variation) {
    context.Enter(StageLabel(common::v1::STAGE_EMBED_IMAGE), 0);
    const Span span = context.trace.StartSpan(StageLabel(common::v1::STAGE_EMBED_IMAGE));
    ASSIGN_OR_RETURN(source.image, EmbedImage(options_.clip, request.variation->image, capabilities, context.Within(span)));
    CountStage(source.image->timing, options_.metrics);
  }
  return source;
}

absl::StatusOr<std::vector<v1::Warning>> GenerationPipeline::Run(const GenerationRequest& request,
                                                                 const Capabilities& capabilities, const RequestContext& context,
                                                                 GenerationObserver& observer) const {
  std::atomic<int> finished = 0;
  options_.metrics->ImagesAccepted(request.image_count);
  const absl::Cleanup count_images = [&] { options_.metrics->ImagesEnded(request.image_count, finished); };

  ASSIGN_OR_RETURN(PictureSource source, ReadSource(request, capabilities, context));
  context.Enter("pictures", request.image_count);
  ProgressTracker progress(request, context, observer, options_.metrics);
  const PictureMaker maker(options_.prior, options_.decoder, request, source, context, &progress);
  RETURN_IF_ERROR(RunParallel(options_.picture_pool, context, request.image_count, [&](int index) -> absl::Status {
    ASSIGN_OR_RETURN(v1::GeneratedImage picture, maker.Make(index));
    for (const common::v1::StageTiming& timing : picture.timings()) {
      if (!IsShared(timing.stage())) CountStage(timing, options_.metrics);
    }
    progress.ImageDone(std::move(picture));
    ++finished;
    if (context.status != nullptr) ++context.status->step;
    return absl::OkStatus();
  }));
  if (request.size != capabilities.native_size) {
    source.prompts.warnings.push_back(ResizeWarning(capabilities.native_size, request.size));
  }
  return std::move(source.prompts.warnings);
}

}  // namespace unclip::gateway
