// The flags that say which picture to start from.
#ifndef UNCLIP_TOOLS_SOURCE_FLAGS_H_
#define UNCLIP_TOOLS_SOURCE_FLAGS_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "tools/command_line.h"
#include "unclip/gateway/v1/image_generation_service.pb.h"

namespace unclip {

// As given; what is empty or absent is left to the gateway. No two of `variation_of` and `edit`.
struct SourceFlags {
  std::string variation_of;
  std::string edit;
  std::string mask;
  std::optional<int> resample_count;
  std::optional<int> jump_length;
};

// Adds them to `command_line`, bound to `flags`.
void AddSourceFlags(CommandLine& command_line, SourceFlags& flags);

// Reads the files and puts what `flags` say into `request`, whose prompt is already there. A UsageError when they contradict each
// other or the prompt; NOT_FOUND or another error, naming the flag and the file, when one cannot be read.
absl::Status SetSource(const SourceFlags& flags, gateway::v1::GenerateImageRequest* request);

}  // namespace unclip

#endif  // UNCLIP_TOOLS_SOURCE_FLAGS_H_
