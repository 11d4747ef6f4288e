// Makes a CLIP engine on LibTorch; free of LibTorch itself.
#ifndef UNCLIP_SERVICES_CLIP_CLIP_ENGINE_FACTORY_H_
#define UNCLIP_SERVICES_CLIP_CLIP_ENGINE_FACTORY_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "services/clip/clip_engine.h"

namespace unclip::clip {

struct ClipEngineOptions {
  std::string checkpoint;            // folder in the reference layout, with tokenizer/ and text_encoder/
  std::string variation_checkpoint;  // folder with image_encoder/ and feature_extractor/; "": look in `checkpoint`, else none
  std::string device = "cpu";        // "cpu", "cuda" or "cuda:N"
  std::string dtype = "float32";     // "float32", "bfloat16", "float16" or "auto"
  int thread_count = 0;              // threads of a forward pass, process-wide; 0: all cores
};

// Loads the towers and the tokenizer and runs them once. INVALID_ARGUMENT, NOT_FOUND or DATA_LOSS with one line that names file
// and tensor when the checkpoint is not acceptable;
// FAILED_PRECONDITION when there is no such device.
absl::StatusOr<std::unique_ptr<ClipEngine>> LoadClipEngine(const ClipEngineOptions& options);

}  // namespace unclip::clip

#endif  // UNCLIP_SERVICES_CLIP_CLIP_ENGINE_FACTORY_H_
