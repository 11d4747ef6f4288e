// The flags that say how a picture is sampled.
#ifndef UNCLIP_TOOLS_SAMPLING_FLAGS_H_
#define UNCLIP_TOOLS_SAMPLING_FLAGS_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "tools/command_line.h"
#include "unclip/gateway/v1/image_generation_service.pb.h"

namespace unclip {

// As given; what is empty or absent is left to the gateway.
struct SamplingFlags {
  struct Stage {
    std::string sampler;            // "ancestral", "ddim" or "dpm-solver"
    std::string guidance_interval;  // "START,END"
    std::optional<int> deep_feature_interval;
  };

  std::string speed;  // "quality", "balanced" or "fast"
  Stage prior;
  Stage decoder;
  Stage super_res;
  std::optional<double> eta;
};

// Adds them to `command_line`, bound to `flags`.
void AddSamplingFlags(CommandLine& command_line, SamplingFlags& flags);

// Puts what `flags` say into `request`. A UsageError when they contradict each other or cannot be read.
absl::Status SetSampling(const SamplingFlags& flags, gateway::v1::GenerateImageRequest* request);

}  // namespace unclip

#endif  // UNCLIP_TOOLS_SAMPLING_FLAGS_H_
