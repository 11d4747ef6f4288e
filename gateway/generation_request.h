// A request for pictures that cannot be wrong any more: every setting present, and within what the loaded models can do.
#ifndef UNCLIP_GATEWAY_GENERATION_REQUEST_H_
#define UNCLIP_GATEWAY_GENERATION_REQUEST_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/image/image_codec.h"
#include "gateway/capabilities.h"
#include "gateway/source_request.h"
#include "unclip/common/v1/sampling.pb.h"
#include "unclip/gateway/v1/image_generation_service.pb.h"

namespace unclip::gateway {

struct GenerationRequest {
  std::string prompt;           // not only white space; empty for a variation
  std::string negative_prompt;  // may be empty
  int image_count = 1;
  int candidate_count = 1;
  uint64_t seed = 0;  // of the first picture; see SeedOf()
  PictureSize size;
  int prior_step_count = 2;  // 0 for a variation, which has no prior
  int decoder_step_count = 2;
  std::vector<int> super_res_step_counts;  // one for each upsampler
  double prior_guidance_scale = 1;
  double decoder_guidance_scale = 1;
  // Each with a sampler.
  common::v1::SamplingOptions prior_sampling = {};
  common::v1::SamplingOptions decoder_sampling = {};
  common::v1::SamplingOptions super_res_sampling = {};  // of every upsampler
  ImageEncoding encoding = ImageEncoding::kPng;         // never kRgb8
  int quality = kDefaultImageQuality;
  int preview_step_interval = 0;          // 0: no previews
  bool previews_have_final_size = false;  // else their stage's
  // The picture to start from: one of them, or none.
  std::optional<VariationRequest> variation = std::nullopt;
  std::optional<EditRequest> edit = std::nullopt;

  // Seed of picture `index`. A request for one picture with this seed gives the same picture.
  uint64_t SeedOf(int index) const { return seed + static_cast<uint64_t>(index); }

  // Denoising steps of one picture's base decoder, counting each as often as it is done.
  int DecoderSteps() const { return edit ? StepsInAll(decoder_step_count, edit->steps) : decoder_step_count; }

  // Likewise, of all stages together.
  int StepsPerImage() const;
};

// Checks `proto` and fills in what it leaves open; `drawn_seed` is the seed when it names none. `path` stands before each field's
// name in errors ("request." where the message is a field of another). INVALID_ARGUMENT naming field, value and what is allowed.
absl::StatusOr<GenerationRequest> ParseGenerationRequest(absl::string_view path, const v1::GenerateImageRequest& proto,
                                                         const Capabilities& capabilities, uint64_t drawn_seed);

// The same for a streaming request.
absl::StatusOr<GenerationRequest> ParseGenerationRequest(const v1::StreamGenerateImageRequest& proto,
                                                         const Capabilities& capabilities, uint64_t drawn_seed);

// A random seed, small enough (32 bits) to pass through JSON and a user's notes unharmed. Thread-safe.
uint64_t DrawSeed();

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_GENERATION_REQUEST_H_
