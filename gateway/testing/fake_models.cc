#include "gateway/testing/fake_models.h"

#include <cstdint>
#include <numeric>

#include "common/sampling/repaint_check.h"

namespace unclip::gateway {
namespace {

// A stream of bytes that `key` determines (FNV-1a, then a linear congruential generator).
class Bytes {
 public:
  explicit Bytes(absl::string_view key) {
    for (const char c : key) state_ = (state_ ^ static_cast<uint8_t>(c)) * 0x100000001b3u;
  }

  uint8_t Next() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<uint8_t>(state_ >> 56);
  }

  // 0 to 1.
  float NextFloat() { return static_cast<float>(Next()) / 255.0f; }

 private:
  uint64_t state_ = 0xcbf29ce484222325u;
};

void FillModel(const char* name, common::v1::ModelInfo* model) {
  model->set_checkpoint_name("fake");
  model->set_fingerprint(std::string("fingerprint of ") + name);
  model->set_parameter_count(1);
  model->set_dtype("float32");
  model->set_thread_count(1);
}

template <typename Range, typename Number>
void FillRange(Number minimum, Number maximum, Number default_value, Range* range) {
  range->set_minimum(minimum);
  range->set_maximum(maximum);
  range->set_default_value(default_value);
}

template <typename Info>
Info ModelInfoOf(const char* name) {
  Info info;
  FillModel(name, info.mutable_model());
  info.set_embedding_dim(kFakeEmbeddingDim);
  info.set_context_length(kFakeContextLength);
  info.set_hidden_dim(kFakeHiddenDim);
  return info;
}

void FillImage(int side, absl::string_view key, common::v1::EncodedImage* image) {
  image->set_format(common::v1::IMAGE_FORMAT_RGB8);
  image->mutable_size()->set_width_px(side);
  image->mutable_size()->set_height_px(side);
  Bytes bytes(key);
  for (int i = 0; i < side * side * 3; ++i) image->mutable_data()->push_back(static_cast<char>(bytes.Next()));
}

std::string KeyOf(decoder::v1::DecodeImageRequest request) {
  request.clear_preview_step_interval();
  request.clear_omit_progress();
  return request.SerializeAsString();
}

int BaseSteps(const decoder::v1::DecodeImageRequest& request) {
  if (!request.has_inpainting()) return request.decoder_step_count();
  return StepsInAll(request.decoder_step_count(),
                    {.resample_count = request.inpainting().resample_count(), .jump_length = request.inpainting().jump_length()});
}

}  // namespace

clip::v1::GetModelInfoResponse FakeClipInfo() {
  auto info = ModelInfoOf<clip::v1::GetModelInfoResponse>("clip");
  info.set_embeds_images(true);
  return info;
}

prior::v1::GetModelInfoResponse FakePriorInfo() {
  auto info = ModelInfoOf<prior::v1::GetModelInfoResponse>("prior");
  FillRange(2, 1000, kFakePriorSteps, info.mutable_step_count());
  FillRange(0.0, 100.0, 4.0, info.mutable_guidance_scale());
  FillRange(1, 16, 1, info.mutable_candidate_count());
  return info;
}

decoder::v1::GetModelInfoResponse FakeDecoderInfo() {
  auto info = ModelInfoOf<decoder::v1::GetModelInfoResponse>("decoder");
  info.mutable_base_size()->set_width_px(kFakeBaseSide);
  info.mutable_base_size()->set_height_px(kFakeBaseSide);
  info.add_super_res_sizes()->set_width_px(kFakeNativeSide);
  info.mutable_super_res_sizes(0)->set_height_px(kFakeNativeSide);
  FillRange(2, 1000, kFakeDecoderSteps, info.mutable_decoder_step_count());
  FillRange(2, 1000, kFakeSuperResSteps, info.mutable_super_res_step_count());
  FillRange(0.0, 100.0, 8.0, info.mutable_guidance_scale());
  info.set_inpaints_images(true);
  FillRange(1, 20, kFakeResampleCount, info.mutable_resample_count());
  FillRange(1, 999, kFakeJumpLength, info.mutable_jump_length());
  return info;
}

clip::v1::EmbedTextResponse FakeEmbedText(const clip::v1::EmbedTextRequest& request) {
  clip::v1::EmbedTextResponse response;
  for (const std::string& prompt : request.prompts()) {
    Bytes bytes(prompt);
    clip::v1::TextEmbedding* const embedding = response.add_embeddings();
    common::v1::TextConditioning* const conditioning = embedding->mutable_conditioning();
    for (int i = 0; i < kFakeEmbeddingDim; ++i) conditioning->add_text_embedding(bytes.NextFloat());
    for (int i = 0; i < kFakeContextLength * kFakeHiddenDim; ++i) conditioning->add_hidden_states(bytes.NextFloat());
    for (int i = 0; i < kFakeContextLength; ++i) conditioning->add_attention_mask(true);
    embedding->set_token_count(kFakeContextLength);
    embedding->set_truncated(prompt.size() > kFakeMaxPromptBytes);
  }
  return response;
}

clip::v1::EmbedImageResponse FakeEmbedImage(absl::string_view file) {
  Bytes bytes(file);
  clip::v1::EmbedImageResponse response;
  for (int i = 0; i < kFakeEmbeddingDim; ++i) response.mutable_embedding()->add_values(bytes.NextFloat());
  return response;
}

prior::v1::SamplePriorResult FakeSamplePrior(const prior::v1::SamplePriorRequest& request) {
  prior::v1::SamplePriorResult result;
  for (int i = 0; i < request.candidate_count(); ++i) {
    Bytes bytes(std::to_string(request.seed()) + " " + std::to_string(i) + request.text().SerializeAsString());
    common::v1::ImageEmbedding* const embedding = result.add_embeddings();
    for (int j = 0; j < kFakeEmbeddingDim; ++j) embedding->add_values(bytes.NextFloat() - 0.5f);
  }
  result.mutable_timing()->set_stage(common::v1::STAGE_PRIOR);
  result.mutable_timing()->mutable_queue_duration()->set_nanos(1'000'000);
  result.mutable_timing()->mutable_run_duration()->set_nanos(2'000'000);
  return result;
}

decoder::v1::DecodeImageResult FakeDecodeImage(const decoder::v1::DecodeImageRequest& request) {
  decoder::v1::DecodeImageResult result;
  FillImage(kFakeNativeSide, KeyOf(request), result.mutable_image());
  for (const auto stage : {common::v1::STAGE_DECODER, common::v1::STAGE_SUPER_RES, common::v1::STAGE_ENCODE}) {
    common::v1::StageTiming* const timing = result.add_timings();
    timing->set_stage(stage);
    timing->mutable_queue_duration()->set_nanos(0);
    timing->mutable_run_duration()->set_nanos(3'000'000);
  }
  return result;
}

int FakeDecodeSteps(const decoder::v1::DecodeImageRequest& request) {
  return std::accumulate(request.super_res_step_counts().begin(), request.super_res_step_counts().end(), BaseSteps(request));
}

decoder::v1::DecodeImageProgress FakeDecodeProgress(const decoder::v1::DecodeImageRequest& request, int step) {
  decoder::v1::DecodeImageProgress progress;
  const bool preview = request.has_preview_step_interval() && step % request.preview_step_interval() == 0;
  const bool base = step <= BaseSteps(request);
  progress.mutable_progress()->set_stage(base ? common::v1::STAGE_DECODER : common::v1::STAGE_SUPER_RES);
  progress.mutable_progress()->set_step(base ? step : step - BaseSteps(request));
  progress.mutable_progress()->set_step_count(base ? BaseSteps(request) : request.super_res_step_counts(0));
  if (preview) {
    FillImage(base ? kFakeBaseSide : kFakeNativeSide, KeyOf(request) + std::to_string(step), progress.mutable_preview());
  }
  return progress;
}

}  // namespace unclip::gateway
