#include "services/decoder/decoder_conversion.h"

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "common/conditioning/conditioning_conversion.h"
#include "common/sampling/sampling_check.h"
#include "common/validation/field_check.h"
#include "services/decoder/inpainting_conversion.h"
#include "services/sampling/sampling_conversion.h"

namespace unclip::decoder {
namespace {

absl::StatusOr<OutputFormat> ToOutputFormat(const v1::DecodeImageRequest& request) {
  OutputFormat format;
  format.quality = request.has_quality() ? request.quality() : kDefaultImageQuality;
  RETURN_IF_ERROR(CheckIntRange("quality", format.quality, 1, 100));
  switch (request.output_format()) {
    case common::v1::IMAGE_FORMAT_PNG:
      format.encoding = ImageEncoding::kPng;
      return format;
    case common::v1::IMAGE_FORMAT_JPEG:
      format.encoding = ImageEncoding::kJpeg;
      return format;
    case common::v1::IMAGE_FORMAT_WEBP:
      format.encoding = ImageEncoding::kWebp;
      return format;
    case common::v1::IMAGE_FORMAT_RGB8:
      format.encoding = ImageEncoding::kRgb8;
      return format;
    default:
      return absl::InvalidArgumentError(absl::StrCat(
          "output_format is ", static_cast<int>(request.output_format()),
          "; it must be IMAGE_FORMAT_PNG (1), IMAGE_FORMAT_JPEG (2), IMAGE_FORMAT_WEBP (3) or IMAGE_FORMAT_RGB8 (4)"));
  }
}

common::v1::ImageFormat ToFormatProto(ImageEncoding encoding) {
  switch (encoding) {
    case ImageEncoding::kPng:
      return common::v1::IMAGE_FORMAT_PNG;
    case ImageEncoding::kJpeg:
      return common::v1::IMAGE_FORMAT_JPEG;
    case ImageEncoding::kWebp:
      return common::v1::IMAGE_FORMAT_WEBP;
    case ImageEncoding::kRgb8:
      break;
  }
  return common::v1::IMAGE_FORMAT_RGB8;
}

absl::StatusOr<std::vector<int>> ToSuperResStepCounts(const v1::DecodeImageRequest& request, size_t upsamplers) {
  if (request.super_res_step_counts().empty()) return std::vector<int>(upsamplers, kDefaultSuperResStepCount);
  if (static_cast<size_t>(request.super_res_step_counts_size()) != upsamplers) {
    return absl::InvalidArgumentError(absl::StrCat("super_res_step_counts has ", request.super_res_step_counts_size(),
                                                   " values; it must have none, or one for each of the ", upsamplers,
                                                   " upsamplers"));
  }
  for (int i = 0; i < request.super_res_step_counts_size(); ++i) {
    RETURN_IF_ERROR(CheckIntRange(absl::StrCat("super_res_step_counts[", i, "]"), request.super_res_step_counts(i), kMinStepCount,
                                  kMaxStepCount));
  }
  return std::vector<int>(request.super_res_step_counts().begin(), request.super_res_step_counts().end());
}

void SetRange(int minimum, int maximum, int default_value, common::v1::Int32Range* range) {
  range->set_minimum(minimum);
  range->set_maximum(maximum);
  range->set_default_value(default_value);
}

}  // namespace

absl::StatusOr<DecodeOrder> ToDecodeOrder(const v1::DecodeImageRequest& request, const DecoderModelInfo& info) {
  DecodeOrder order;
  DecodeImageInput& input = order.input;
  input.decoder_step_count = request.has_decoder_step_count() ? request.decoder_step_count() : kDefaultDecoderStepCount;
  input.guidance_scale = request.has_guidance_scale() ? request.guidance_scale() : kDefaultGuidanceScale;
  input.seed = request.seed();
  order.omit_progress = request.omit_progress();
  RETURN_IF_ERROR(CheckIntRange("decoder_step_count", input.decoder_step_count, kMinStepCount, kMaxStepCount));
  ASSIGN_OR_RETURN(input.super_res_step_counts, ToSuperResStepCounts(request, info.super_res_sizes.size()));
  RETURN_IF_ERROR(CheckDoubleRange("guidance_scale", input.guidance_scale, 0, kMaxGuidanceScale));
  RETURN_IF_ERROR(
      CheckSamplingOptions("decoder_sampling", request.decoder_sampling(), {.has_guidance = true, .has_deep_features = true}));
  input.decoder_sampling = ToStageSampling(request.decoder_sampling());
  RETURN_IF_ERROR(CheckSamplingOptions("super_res_sampling", request.super_res_sampling(),
                                       {.has_guidance = false, .has_deep_features = true}));
  input.super_res_sampling = ToStageSampling(request.super_res_sampling());
  ASSIGN_OR_RETURN(order.format, ToOutputFormat(request));
  if (request.has_preview_step_interval()) {
    RETURN_IF_ERROR(CheckIntRange("preview_step_interval", request.preview_step_interval(), 1, kMaxPreviewStepInterval));
    input.preview_step_interval = request.preview_step_interval();
  }
  if (request.has_inpainting()) {
    ASSIGN_OR_RETURN(input.inpainting, ToInpaintingInput(request.inpainting(), info, input.decoder_step_count));
  }

  const ConditioningShape shape = {
      .embedding_dim = info.embedding_dim, .context_length = info.context_length, .hidden_dim = info.hidden_dim};
  ASSIGN_OR_RETURN(input.image_embedding,
                   ImageEmbeddingFromProto("image_embedding", request.image_embedding(), info.embedding_dim));
  ASSIGN_OR_RETURN(input.text, TextConditioningFromProto("text", request.text(), shape));
  if (input.guidance_scale > 1) {
    ASSIGN_OR_RETURN(input.negative_text, TextConditioningFromProto("negative_text", request.negative_text(), shape));
  }
  return order;
}

absl::StatusOr<common::v1::EncodedImage> ToEncodedImage(const RgbImage& image, const OutputFormat& format) {
  ASSIGN_OR_RETURN(std::string data, EncodeImage(image, format.encoding, format.quality));
  common::v1::EncodedImage proto;
  proto.set_format(ToFormatProto(format.encoding));
  proto.mutable_size()->set_width_px(image.width);
  proto.mutable_size()->set_height_px(image.height);
  proto.set_data(std::move(data));
  return proto;
}

v1::DecodeImageProgress ToProgressProto(const DecodeProgress& progress) {
  v1::DecodeImageProgress proto;
  proto.mutable_progress()->set_stage(progress.stage == 0 ? common::v1::STAGE_DECODER : common::v1::STAGE_SUPER_RES);
  proto.mutable_progress()->set_step(progress.step);
  proto.mutable_progress()->set_step_count(progress.step_count);
  proto.set_super_res_index(progress.stage == 0 ? 0 : progress.stage - 1);
  return proto;
}

v1::GetModelInfoResponse ToModelInfoResponse(const DecoderModelInfo& info) {
  v1::GetModelInfoResponse response;
  common::v1::ModelInfo& model = *response.mutable_model();
  model.set_checkpoint_name(info.checkpoint_name);
  model.set_fingerprint(info.fingerprint);
  model.set_parameter_count(info.parameter_count);
  model.set_dtype(info.dtype);
  model.set_thread_count(info.thread_count);
  response.set_embedding_dim(info.embedding_dim);
  response.set_context_length(info.context_length);
  response.set_hidden_dim(info.hidden_dim);
  response.mutable_base_size()->set_width_px(info.base_size);
  response.mutable_base_size()->set_height_px(info.base_size);
  for (const int size : info.super_res_sizes) {
    common::v1::ImageSize& proto = *response.add_super_res_sizes();
    proto.set_width_px(size);
    proto.set_height_px(size);
  }
  SetRange(kMinStepCount, kMaxStepCount, kDefaultDecoderStepCount, response.mutable_decoder_step_count());
  SetRange(kMinStepCount, kMaxStepCount, kDefaultSuperResStepCount, response.mutable_super_res_step_count());
  response.mutable_guidance_scale()->set_maximum(kMaxGuidanceScale);
  response.mutable_guidance_scale()->set_default_value(kDefaultGuidanceScale);
  SetInpainting(&response);
  return response;
}

}  // namespace unclip::decoder
