// Makes a decoder engine on LibTorch; free of LibTorch itself.
#ifndef UNCLIP_SERVICES_DECODER_DECODER_ENGINE_FACTORY_H_
#define UNCLIP_SERVICES_DECODER_DECODER_ENGINE_FACTORY_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "services/decoder/decoder_engine.h"

namespace unclip::decoder {

struct DecoderEngineOptions {
  std::string checkpoint;         // folder in the reference layout
  std::string device = "cpu";     // "cpu", "cuda" or "cuda:N"
  std::string dtype = "float32";  // "float32", "bfloat16", "float16" or "auto"
  int thread_count = 0;           // threads of a forward pass, process-wide; 0: all cores
  int max_batch_rows = 0;         // of a step's batch, counted in base pictures; with guidance a request has two; 0: see below
  // With max_batch_rows 0, rows are as many as threads, beyond which a larger batch gains little; else as many as it gains from
  // at all, which is for batches that nobody may join later.
  bool fills_threads = true;
};

// Loads the networks and runs them once. INVALID_ARGUMENT, NOT_FOUND or DATA_LOSS with one line that names file and tensor when
// the checkpoint is not acceptable; FAILED_PRECONDITION when there is no such device.
absl::StatusOr<std::unique_ptr<DecoderEngine>> LoadDecoderEngine(const DecoderEngineOptions& options);

}  // namespace unclip::decoder

#endif  // UNCLIP_SERVICES_DECODER_DECODER_ENGINE_FACTORY_H_
