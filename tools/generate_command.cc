#include "tools/generate_command.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "base/clock.h"
#include "base/status_macros.h"
#include "tools/interrupt_watcher.h"
#include "tools/picture_writer.h"
#include "tools/progress_display.h"

namespace unclip {
namespace {

constexpr char kDefaultTarget[] = "127.0.0.1:50050";

std::string DefaultTarget() {
  const char* target = std::getenv("UNCLIP_TARGET");
  return target != nullptr && *target != '\0' ? target : kDefaultTarget;
}

ProgressStyle StyleOf(const GenerateOptions& options) {
  if (options.quiet) return ProgressStyle::kNone;
  return isatty(STDERR_FILENO) != 0 ? ProgressStyle::kBar : ProgressStyle::kLines;
}

}  // namespace

absl::Status Generate(const GenerateOptions& options, GenerationClient& client) {
  ASSIGN_OR_RETURN(const gateway::v1::StreamGenerateImageRequest request, MakeRequest(options));
  // The gateway refuses other counts; until it does, they must not be taken for a number of files.
  const int image_count = std::clamp(options.image_count.value_or(1), 1, 100);
  ProgressDisplay display(StyleOf(options), image_count, Clock::Real(), std::cerr);
  PictureWriter writer(options.out, options.preview_dir, image_count, display);
  RETURN_IF_ERROR(writer.Prepare());
  const auto summary = client.Generate(request, options.timeout(), [&](const auto& event) { return writer.Handle(event); });
  display.Clear();
  if (!summary.ok()) {
    for (const SavedImage& saved : writer.saved()) std::cerr << "kept " << saved.file << "\n";
    return summary.status();
  }
  std::cout << (options.json ? JsonReport(writer.saved(), *summary) + "\n" : TextReport(writer.saved(), *summary)) << std::flush;
  return absl::OkStatus();
}

absl::Status RunGenerate(const std::vector<std::string>& args) {
  GenerateOptions options;
  std::string target = DefaultTarget();
  CommandLine command_line("unclip generate",
                           "Draws pictures of PROMPT on a running cluster, or variations of a picture, or repaints a\n"
                           "part of one, and writes them to files.");
  command_line.AddOptionalPositional("PROMPT", "What to draw, as one argument. (needed unless there is --variation-of)",
                                     &options.prompt);
  command_line.AddString("target", "HOST:PORT", "The gateway; also by the environment's UNCLIP_TARGET.", &target);
  AddSourceFlags(command_line, options.source);
  AddGenerateFlags(command_line, options);
  command_line.Require("out");
  command_line.SetEpilogue(
      "Examples:\n  unclip generate \"a large red heart on a white background\" --seed 7 --out heart.png\n"
      "  unclip generate --variation-of heart.png --count 4 --out other.png\n"
      "  unclip generate \"a large blue star on a white background\" --edit heart.png --mask mask.png --out star.png\n"
      "What is not given is the loaded model's default. Ctrl-C cancels the request (exit code 130).");
  ASSIGN_OR_RETURN(const bool proceed, command_line.Parse(args));
  if (!proceed) return absl::OkStatus();
  if (options.prompt.empty() && options.source.variation_of.empty()) {
    return UsageError("unclip generate: PROMPT is missing; see unclip generate --help");
  }
  GenerationClient client(target);
  const InterruptWatcher watcher([&client] { client.Cancel(); });
  return Generate(options, client);
}

}  // namespace unclip
