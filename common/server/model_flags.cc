#include "common/server/model_flags.h"

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "common/server/run_main.h"

ABSL_FLAG(std::string, checkpoint, "", "checkpoint folder in the reference (diffusers) layout; required");
ABSL_FLAG(std::string, device, "cpu", "where the model is held and computed: cpu, cuda (the first GPU) or cuda:N");
ABSL_FLAG(std::string, dtype, "float32",
          "type that weights are held and computed in: float32, bfloat16, float16, or auto (bfloat16 on a GPU and where the "
          "processor multiplies it itself, else float32)");
ABSL_FLAG(int, threads, 0, "CPU threads of a forward pass; 0 takes all cores");
ABSL_FLAG(int, queue_capacity, 64, "requests that may wait for their turn; more are refused with RESOURCE_EXHAUSTED");

namespace unclip {
namespace {

absl::Status CheckRange(absl::string_view name, int value, int minimum, int maximum) {
  if (value >= minimum && value <= maximum) return absl::OkStatus();
  return UsageError(absl::StrCat(name, " is ", value, "; it must be ", minimum, " to ", maximum));
}

}  // namespace

absl::StatusOr<ModelFlags> ModelFlagsFromCommandLine() {
  ModelFlags flags = {.checkpoint = absl::GetFlag(FLAGS_checkpoint),
                      .device = absl::GetFlag(FLAGS_device),
                      .dtype = absl::GetFlag(FLAGS_dtype),
                      .thread_count = absl::GetFlag(FLAGS_threads),
                      .queue_capacity = absl::GetFlag(FLAGS_queue_capacity)};
  if (flags.checkpoint.empty()) return UsageError("--checkpoint is missing; it must name a checkpoint folder");
  if (flags.dtype != "float32" && flags.dtype != "bfloat16" && flags.dtype != "float16" && flags.dtype != "auto") {
    return UsageError(absl::StrCat("--dtype is \"", flags.dtype, "\"; it must be float32, bfloat16, float16 or auto"));
  }
  RETURN_IF_ERROR(CheckRange("--threads", flags.thread_count, 0, 1024));
  RETURN_IF_ERROR(CheckRange("--queue_capacity", flags.queue_capacity, 1, 100'000));
  return flags;
}

}  // namespace unclip
