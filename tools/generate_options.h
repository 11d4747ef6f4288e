// What `unclip generate` and `unclip demo` were asked for.
#ifndef UNCLIP_TOOLS_GENERATE_OPTIONS_H_
#define UNCLIP_TOOLS_GENERATE_OPTIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tools/command_line.h"
#include "tools/sampling_flags.h"
#include "tools/source_flags.h"
#include "unclip/gateway/v1/image_generation_service.pb.h"

namespace unclip {

// The flags, as given. What is absent is left to the gateway, whose ranges count too: they depend on the loaded models.
struct GenerateOptions {
  std::string prompt;  // empty for a variation
  SourceFlags source;
  std::string out;
  std::optional<uint64_t> seed;
  std::optional<int> image_count;
  std::optional<int> candidate_count;
  std::string size;  // "WxH", "N" or empty
  std::string negative_prompt;
  std::optional<int> prior_steps;
  std::optional<int> decoder_steps;
  std::vector<int> super_res_steps;
  std::optional<double> prior_guidance;
  std::optional<double> decoder_guidance;
  SamplingFlags sampling;
  std::string format;  // "png", "jpeg", "webp" or empty: by the suffix of `out`
  std::optional<int> quality;
  std::optional<int> preview_interval;
  std::string preview_dir;
  double timeout_seconds = 600;
  bool json = false;
  bool quiet = false;

  absl::Duration timeout() const { return absl::Seconds(timeout_seconds); }
};

// Adds the flags that say what to draw and where to put it to `command_line`, bound to `options`.
void AddGenerateFlags(CommandLine& command_line, GenerateOptions& options);

// The request that `options` stand for. A UsageError when they contradict each other or cannot be understood; another error when
// a file that they name cannot be read.
absl::StatusOr<gateway::v1::StreamGenerateImageRequest> MakeRequest(const GenerateOptions& options);

}  // namespace unclip

#endif  // UNCLIP_TOOLS_GENERATE_OPTIONS_H_
