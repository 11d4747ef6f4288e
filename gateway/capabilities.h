// What the three loaded models can do together, and so what a request may ask for.
#ifndef UNCLIP_GATEWAY_CAPABILITIES_H_
#define UNCLIP_GATEWAY_CAPABILITIES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "unclip/clip/v1/clip_service.pb.h"
#include "unclip/common/v1/model_info.pb.h"
#include "unclip/decoder/v1/decoder_service.pb.h"
#include "unclip/gateway/v1/image_generation_service.pb.h"
#include "unclip/prior/v1/prior_service.pb.h"

namespace unclip::gateway {

inline constexpr int kMaxPromptBytes = 32'768;
inline constexpr int kMaxImageCount = 10;
inline constexpr int kMaxCandidateCount = 16;
// The paper's best of two.
inline constexpr int kDefaultCandidateCount = 2;
inline constexpr int kMaxPreviewStepInterval = 1000;

// In pixels.
struct PictureSize {
  int width = 0;
  int height = 0;

  friend bool operator==(const PictureSize&, const PictureSize&) = default;
};

template <typename Number>
struct SettingRange {
  Number minimum = 0;
  Number maximum = 0;
  Number default_value = 0;
};

struct Capabilities {
  common::v1::ModelInfo clip_model = {};
  common::v1::ModelInfo prior_model = {};
  common::v1::ModelInfo decoder_model = {};
  int embedding_dim = 0;                // D
  int context_length = 0;               // T
  int hidden_dim = 0;                   // W
  PictureSize native_size = {};         // of the decoder's pictures
  std::vector<PictureSize> sizes = {};  // that may be asked for; the native one first
  SettingRange<int32_t> candidate_count = {};
  SettingRange<int32_t> prior_step_count = {};
  SettingRange<int32_t> decoder_step_count = {};
  SettingRange<int32_t> super_res_step_count = {};
  int super_res_count = 0;
  SettingRange<double> prior_guidance_scale = {};
  SettingRange<double> decoder_guidance_scale = {};
  bool variations = false;                    // of pictures
  bool edits = false;                         // likewise
  SettingRange<int32_t> resample_count = {};  // of edits, as the next
  SettingRange<int32_t> jump_length = {};
};

// Puts together what the services say. FAILED_PRECONDITION when their models do not fit together (D, T or W differ), or when one
// says what cannot be (a size below 1, a default outside its range).
absl::StatusOr<Capabilities> CombineCapabilities(const clip::v1::GetModelInfoResponse& clip,
                                                 const prior::v1::GetModelInfoResponse& prior,
                                                 const decoder::v1::GetModelInfoResponse& decoder);

v1::GetCapabilitiesResponse CapabilitiesToProto(const Capabilities& capabilities);

// What the embedding of a prompt depends on besides the prompt: the checkpoint, its type and its threads. For EmbeddingCache.
std::string TextModelOf(const Capabilities& capabilities);

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_CAPABILITIES_H_
