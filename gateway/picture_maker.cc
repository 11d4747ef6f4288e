#include "gateway/picture_maker.h"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "base/status_macros.h"
#include "common/rpc/proto_duration.h"
#include "common/trace/span.h"
#include "gateway/image_conversion.h"
#include "gateway/reranker.h"

namespace unclip::gateway {
namespace {

void SetInpainting(const KeptPicture& kept, const RepaintSteps& steps, decoder::v1::Inpainting* inpainting) {
  common::v1::EncodedImage& image = *inpainting->mutable_image();
  image.set_format(common::v1::IMAGE_FORMAT_RGB8);
  image.mutable_size()->set_width_px(kept.image.width);
  image.mutable_size()->set_height_px(kept.image.height);
  image.mutable_data()->assign(kept.image.pixels.begin(), kept.image.pixels.end());
  inpainting->mutable_mask()->assign(kept.mask.begin(), kept.mask.end());
  inpainting->set_resample_count(steps.resample_count);
  inpainting->set_jump_length(steps.jump_length);
}

}  // namespace

PictureMaker::PictureMaker(PriorClient* prior, DecoderClient* decoder, const GenerationRequest& request,
                           const PictureSource& source, const RequestContext& context, ProgressTracker* progress)
    : prior_(prior), decoder_(decoder), request_(request), source_(source), context_(context), progress_(progress) {}

absl::StatusOr<v1::GeneratedImage> PictureMaker::Make(int index) const {
  Span span = context_.trace.StartSpan("picture");
  span.SetAttribute("unclip.picture.index", int64_t{index});
  const RequestContext context = context_.Within(span);
  v1::GeneratedImage picture;
  picture.set_index(index);
  picture.set_seed(request_.SeedOf(index));
  *picture.add_timings() = source_.prompts.timing;
  common::v1::ImageEmbedding embedding;
  if (source_.image) {
    embedding = source_.image->embedding;
    *picture.add_timings() = source_.image->timing;
  } else {
    ASSIGN_OR_RETURN(embedding, ChooseEmbedding(index, context, &picture));
  }
  RETURN_IF_ERROR(DecodeEmbedding(index, std::move(embedding), context, &picture));
  *picture.mutable_total_duration() = ToProtoDuration(context_.clock->Now() - context_.arrival);
  return picture;
}

absl::StatusOr<common::v1::ImageEmbedding> PictureMaker::ChooseEmbedding(int index, const RequestContext& context,
                                                                         v1::GeneratedImage* picture) const {
  prior::v1::SamplePriorRequest message;
  *message.mutable_text() = source_.prompts.text;
  if (request_.prior_guidance_scale > 1) *message.mutable_negative_text() = source_.prompts.negative_text;
  message.set_candidate_count(request_.candidate_count);
  message.set_step_count(request_.prior_step_count);
  message.set_guidance_scale(request_.prior_guidance_scale);
  *message.mutable_sampling() = request_.prior_sampling;
  message.set_seed(request_.SeedOf(index));
  message.set_omit_progress(!progress_->is_watched());
  ASSIGN_OR_RETURN(prior::v1::SamplePriorResult result,
                   prior_->SamplePrior(context, message,
                                       [&](const common::v1::StageProgress& step) { progress_->PriorStepDone(index, step); }));

  std::vector<absl::Span<const float>> candidates;
  for (const common::v1::ImageEmbedding& embedding : result.embeddings()) candidates.emplace_back(embedding.values());
  ASSIGN_OR_RETURN(const Ranking ranking, RankCandidates(source_.prompts.text.text_embedding(), candidates));
  picture->set_candidate_index(ranking.best);
  picture->set_similarity(ranking.similarities[ranking.best]);
  picture->mutable_candidate_similarities()->Add(ranking.similarities.begin(), ranking.similarities.end());
  result.mutable_timing()->set_stage(common::v1::STAGE_PRIOR);
  *picture->add_timings() = std::move(*result.mutable_timing());
  return std::move(*result.mutable_embeddings(ranking.best));
}

decoder::v1::DecodeImageRequest PictureMaker::DecodeRequest(int index, common::v1::ImageEmbedding embedding) const {
  decoder::v1::DecodeImageRequest message;
  *message.mutable_image_embedding() = std::move(embedding);
  *message.mutable_text() = source_.prompts.text;
  if (request_.decoder_guidance_scale > 1) *message.mutable_negative_text() = source_.prompts.negative_text;
  message.set_decoder_step_count(request_.decoder_step_count);
  message.mutable_super_res_step_counts()->Add(request_.super_res_step_counts.begin(), request_.super_res_step_counts.end());
  message.set_guidance_scale(request_.decoder_guidance_scale);
  *message.mutable_decoder_sampling() = request_.decoder_sampling;
  *message.mutable_super_res_sampling() = request_.super_res_sampling;
  message.set_seed(request_.SeedOf(index));
  message.set_output_format(common::v1::IMAGE_FORMAT_RGB8);
  message.set_omit_progress(!progress_->is_watched());
  if (request_.preview_step_interval > 0) message.set_preview_step_interval(request_.preview_step_interval);
  if (source_.kept) SetInpainting(*source_.kept, request_.edit->steps, message.mutable_inpainting());
  return message;
}

absl::Status PictureMaker::DecodeEmbedding(int index, common::v1::ImageEmbedding embedding, const RequestContext& context,
                                           v1::GeneratedImage* picture) const {
  const decoder::v1::DecodeImageRequest message = DecodeRequest(index, std::move(embedding));
  ASSIGN_OR_RETURN(const decoder::v1::DecodeImageResult result,
                   decoder_->DecodeImage(context, message, [&](const decoder::v1::DecodeImageProgress& progress) {
                     return ReportStep(index, progress);
                   }));

  absl::Duration encode_queue_duration;
  absl::Duration encode_duration;
  for (const common::v1::StageTiming& timing : result.timings()) {
    if (timing.stage() != common::v1::STAGE_ENCODE) {
      *picture->add_timings() = timing;
      continue;
    }
    encode_queue_duration += FromProtoDuration(timing.queue_duration());
    encode_duration += FromProtoDuration(timing.run_duration());
  }

  const absl::Duration start = context.clock->Now();
  const Span span = context.trace.StartSpan("encode");
  ASSIGN_OR_RETURN(const RgbImage image, RawImageFromProto("decoder", result.image()));
  ASSIGN_OR_RETURN(*picture->mutable_image(), FinishImage(image, request_.size, request_.encoding, request_.quality));
  encode_duration += context.clock->Now() - start;
  if (PictureSize{image.width, image.height} != request_.size) *picture->mutable_resized_from() = result.image().size();
  common::v1::StageTiming& timing = *picture->add_timings();
  timing.set_stage(common::v1::STAGE_ENCODE);
  *timing.mutable_queue_duration() = ToProtoDuration(encode_queue_duration);
  *timing.mutable_run_duration() = ToProtoDuration(encode_duration);
  return absl::OkStatus();
}

absl::Status PictureMaker::ReportStep(int index, const decoder::v1::DecodeImageProgress& progress) const {
  std::optional<common::v1::EncodedImage> preview;
  if (progress.has_preview()) {
    ASSIGN_OR_RETURN(const RgbImage image, RawImageFromProto("decoder", progress.preview()));
    const PictureSize size = request_.previews_have_final_size ? request_.size : PictureSize{image.width, image.height};
    ASSIGN_OR_RETURN(preview, FinishImage(image, size, request_.encoding, request_.quality));
  }
  progress_->DecoderStepDone(index, progress, std::move(preview));
  return absl::OkStatus();
}

}  // namespace unclip::gateway
