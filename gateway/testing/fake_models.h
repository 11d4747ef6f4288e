// Tiny made-up models for the gateway's tests: answers that depend on the request alone, so that equal requests get equal bytes
// and others do not.
#ifndef UNCLIP_GATEWAY_TESTING_FAKE_MODELS_H_
#define UNCLIP_GATEWAY_TESTING_FAKE_MODELS_H_

#include <string>

#include "absl/strings/string_view.h"
#include "unclip/clip/v1/clip_service.pb.h"
#include "unclip/decoder/v1/decoder_service.pb.h"
#include "unclip/prior/v1/prior_service.pb.h"

namespace unclip::gateway {

inline constexpr int kFakeEmbeddingDim = 4;
inline constexpr int kFakeContextLength = 3;
inline constexpr int kFakeHiddenDim = 2;
inline constexpr int kFakeBaseSide = 4;
inline constexpr int kFakeNativeSide = 8;
// A prompt of more bytes is truncated.
inline constexpr size_t kFakeMaxPromptBytes = 100;
// The default step counts.
inline constexpr int kFakePriorSteps = 3;
inline constexpr int kFakeDecoderSteps = 4;
inline constexpr int kFakeSuperResSteps = 2;
// The default resampling of edits.
inline constexpr int kFakeResampleCount = 3;
inline constexpr int kFakeJumpLength = 2;

// Models that fit together; the decoder has one upsampler.
clip::v1::GetModelInfoResponse FakeClipInfo();
prior::v1::GetModelInfoResponse FakePriorInfo();
decoder::v1::GetModelInfoResponse FakeDecoderInfo();

clip::v1::EmbedTextResponse FakeEmbedText(const clip::v1::EmbedTextRequest& request);

// Depends on all bytes of the file.
clip::v1::EmbedImageResponse FakeEmbedImage(absl::string_view file);

// Depends on the seed, the text and the candidate's index.
prior::v1::SamplePriorResult FakeSamplePrior(const prior::v1::SamplePriorRequest& request);

// Depends on all of the request but what it wants to hear meanwhile.
decoder::v1::DecodeImageResult FakeDecodeImage(const decoder::v1::DecodeImageRequest& request);

// The progress after step `step` (from 1) of all that the decoder does, with a preview when one is due.
decoder::v1::DecodeImageProgress FakeDecodeProgress(const decoder::v1::DecodeImageRequest& request, int step);

// Steps of the request's stages together, counting each as often as it is done.
int FakeDecodeSteps(const decoder::v1::DecodeImageRequest& request);

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_TESTING_FAKE_MODELS_H_
