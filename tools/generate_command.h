// `unclip generate`: asks a running cluster for pictures.
#ifndef UNCLIP_TOOLS_GENERATE_COMMAND_H_
#define UNCLIP_TOOLS_GENERATE_COMMAND_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tools/generate_options.h"
#include "tools/generation_client.h"

namespace unclip {

// Runs `unclip generate` with the arguments that follow it. Needs BlockEventSignals(). CANCELLED after Ctrl-C.
absl::Status RunGenerate(const std::vector<std::string>& args);

// Generates what `options` say: progress on stderr (a bar when that is a terminal), pictures in files, then the report on stdout.
// After an error no half file is left; pictures that were finished before it are kept.
absl::Status Generate(const GenerateOptions& options, GenerationClient& client);

}  // namespace unclip

#endif  // UNCLIP_TOOLS_GENERATE_COMMAND_H_
