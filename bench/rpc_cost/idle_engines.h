// Engines that compute nothing: what is left of a picture's cost is that of the gateway, the calls and the services around them.
// Their sizes are those of models/shapes32, so that messages are as large as real ones. A step may sleep, as if something were
// computed elsewhere: steps that take no time at all end before the progress of the one before is written, which then is not.
#ifndef UNCLIP_BENCH_RPC_COST_IDLE_ENGINES_H_
#define UNCLIP_BENCH_RPC_COST_IDLE_ENGINES_H_

#include <memory>

#include "absl/time/time.h"
#include "common/image/rgb_image.h"
#include "services/clip/clip_engine.h"
#include "services/decoder/decoder_engine.h"
#include "services/prior/prior_engine.h"

namespace unclip::bench {

inline constexpr int kEmbeddingDim = 128;  // D
inline constexpr int kContextLength = 24;  // T
inline constexpr int kHiddenDim = 128;     // W
// Rows of a step that requests may share: the default of the services' flag.
inline constexpr int kMaxBatchRows = 64;

// Every prompt has the same embedding.
std::unique_ptr<clip::ClipEngine> NewIdleClipEngine();

// Candidate i of every request has the same embedding. A step sleeps for `step`.
std::unique_ptr<prior::PriorEngine> NewIdlePriorEngine(absl::Duration step);

// One upsampler, to `picture_size` pixels a side (a multiple of 4) from a quarter of it. Every picture is SamplePicture(). A
// step sleeps for `step`.
std::unique_ptr<decoder::DecoderEngine> NewIdleDecoderEngine(int picture_size, absl::Duration step);

// A disc on a gradient, with noise on all samples: of 128 pixels a side, it is as hard to compress as what models/shapes32 draws.
// `size` pixels a side.
RgbImage SamplePicture(int size);

}  // namespace unclip::bench

#endif  // UNCLIP_BENCH_RPC_COST_IDLE_ENGINES_H_
