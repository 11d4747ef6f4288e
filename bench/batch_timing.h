// Draws pictures in one process, as many at a time as asked for, and tells how long each stage takes.
#ifndef UNCLIP_BENCH_BATCH_TIMING_H_
#define UNCLIP_BENCH_BATCH_TIMING_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/clip/clip_engine.h"
#include "services/decoder/decoder_engine.h"
#include "services/prior/prior_engine.h"

namespace unclip::bench {

// The three engines of a cluster.
struct Engines {
  std::unique_ptr<clip::ClipEngine> clip;
  std::unique_ptr<prior::PriorEngine> prior;
  std::unique_ptr<decoder::DecoderEngine> decoder;
};

struct EngineOptions {
  std::string checkpoint;
  std::string device = "cpu";
  std::string dtype = "float32";
  int thread_count = 0;  // 0: all cores
};

absl::StatusOr<Engines> LoadEngines(const EngineOptions& options);

// What is drawn: by default as the reference does, best of two.
struct BatchOptions {
  int pictures = 1;  // at a time
  int candidates = 2;
  int prior_steps = 25;
  int decoder_steps = 25;
  int super_res_steps = 7;
  double prior_guidance = 4;
  double decoder_guidance = 8;
  uint64_t seed = 0;  // of the first picture; the others count on
};

struct BatchTiming {
  absl::Duration total;
  std::vector<std::pair<std::string, absl::Duration>> stages;  // "text", "prior", "decoder", "upsampler", in that order
  uint64_t checksum = 0;                                       // of all pictures' samples
};

// Draws `options.pictures` different pictures, whose steps all go together, and waits for them. What the gateway does besides
// (choosing among candidates, but no encoding) is in the total.
absl::StatusOr<BatchTiming> TimeBatch(Engines& engines, const BatchOptions& options);

}  // namespace unclip::bench

#endif  // UNCLIP_BENCH_BATCH_TIMING_H_
