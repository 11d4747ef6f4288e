#include "tools/replay_command.h"

#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/device_option.h"
#include "model/threads.h"
#include "model/torch_guard.h"
#include "model/weights/checkpoint.h"
#include "model/weights/dtype_option.h"
#include "tools/command_line.h"
#include "tools/replay/comparison.h"
#include "tools/replay/module_replay.h"
#include "tools/replay/networks.h"
#include "tools/replay/picture_replay.h"
#include "tools/replay/scheduler_replay.h"
#include "tools/replay/trace.h"

namespace unclip {
namespace {

struct ReplayOptions {
  std::string checkpoint;
  std::string case_file;
  std::string device = "cpu";
  std::string dtype = "float32";
  int threads = 0;
};

// Float32 must equal the reference to rounding. The others round each activation to 8 or 11 bits, so that only gross faults show,
// and chaotic whole pictures are printed but not judged.
replay::Tolerance ToleranceOf(at::ScalarType dtype) {
  if (dtype == at::kFloat) return {.module_relative = 2e-4, .scheduler_relative = 2e-4, .checks_pictures = true};
  if (dtype == at::kHalf) return {.module_relative = 2e-2, .scheduler_relative = 2e-3, .checks_pictures = false};
  return {.module_relative = 1e-1, .scheduler_relative = 1e-2, .checks_pictures = false};
}

absl::StatusOr<replay::Networks> Load(const std::string& dir, const replay::PipelineCall& call,
                                      const at::TensorOptions& options) {
  ASSIGN_OR_RETURN(const model::Checkpoint checkpoint, model::Checkpoint::Open(dir));
  replay::Networks networks;
  ASSIGN_OR_RETURN(networks.text, clip::LoadClipText(checkpoint, options));
  if (call.is_variation) {
    ASSIGN_OR_RETURN(networks.vision, clip::LoadClipVision(checkpoint, options));
  } else {
    ASSIGN_OR_RETURN(networks.prior, prior::LoadPriorModel(checkpoint, options));
  }
  ASSIGN_OR_RETURN(networks.decoder, decoder::LoadDecoderModel(checkpoint, options));
  return networks;
}

absl::Status Replay(const ReplayOptions& options) {
  ASSIGN_OR_RETURN(const at::Device device, model::ParseDevice(options.device));
  ASSIGN_OR_RETURN(const at::ScalarType dtype, model::ParseServingDtype(options.dtype, device));
  model::PrepareDevice(device);
  ASSIGN_OR_RETURN(const replay::Trace trace, replay::Trace::Open(options.case_file));
  ASSIGN_OR_RETURN(const replay::Networks networks,
                   Load(options.checkpoint, trace.call(), at::TensorOptions(device).dtype(dtype)));
  const replay::Tolerance tolerance = ToleranceOf(dtype);
  replay::Comparison comparison;
  RETURN_IF_ERROR(replay::ReplayModules(trace, networks, tolerance, comparison));
  RETURN_IF_ERROR(replay::ReplaySchedulers(trace, networks, tolerance, comparison));
  RETURN_IF_ERROR(replay::ReplayPicture(trace, networks, tolerance, comparison));
  std::fputs(comparison.ToTable().c_str(), stdout);
  if (comparison.passed()) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat(options.case_file, ": differs from the reference by more than the tolerance of ", options.dtype));
}

}  // namespace

absl::Status RunReplay(const std::vector<std::string>& args) {
  ReplayOptions options;
  CommandLine command_line("unclip replay",
                           "Replays a recorded run of the reference pipeline (see docs/checkpoints.md) and prints, for each\n"
                           "network, scheduler and whole picture, the largest absolute difference and the largest relative to\n"
                           "the tensor's largest value. Exits non-zero when one is past its tolerance.");
  command_line.AddString("checkpoint", "DIR", "Checkpoint folder in the reference layout.", &options.checkpoint);
  command_line.Require("checkpoint");
  command_line.AddString("case", "FILE", "The trace, a safetensors file.", &options.case_file);
  command_line.Require("case");
  command_line.AddString("device", "NAME", "Where to run: cpu, cuda or cuda:N.", &options.device);
  command_line.AddChoice("dtype", {"float32", "bfloat16", "float16"}, "Type to hold the weights in.", &options.dtype);
  command_line.AddInt("threads", {0, 1024}, "Threads of a forward pass; 0 for all cores.", &options.threads);
  ASSIGN_OR_RETURN(const bool proceed, command_line.Parse(args));
  if (!proceed) return absl::OkStatus();
  return model::TorchGuard([&] {
    model::UseThreads(options.threads);
    return Replay(options);
  });
}

}  // namespace unclip
