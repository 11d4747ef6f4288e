#include "common/server/batching_flags.h"

#include <limits>
#include <optional>
#include <string>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "common/server/available_memory.h"
#include "common/server/run_main.h"

ABSL_FLAG(
    std::string, batching, "step",
    "step: requests join and leave the batch at any denoising step; request: a batch is made of the requests that wait, and "
    "the next when all of it are done (to compare with)");
ABSL_FLAG(bool, deadlines_first, false,
          "step the request with the nearest deadline first, in place of the one with the least left to do");
ABSL_FLAG(
    int, memory_limit_mib, 0,
    "MiB of tensors that requests may take, the model's own not counted; 0: --memory_share of what the machine and the control "
    "group have left once the model is loaded");
ABSL_FLAG(double, memory_share, 1, "share of the memory left that this process may take, above 0 and at most 1");

namespace unclip {
namespace {

constexpr int kMaxMebibytes = 1 << 30;
// For what tensors do not show: threads, messages, scratchpads of libraries, blocks that fit no other request.
constexpr double kReserve = 0.125;

int64_t MeasuredLimit(double share) {
  const std::optional<int64_t> available = AvailableMemory();
  if (!available.has_value()) return std::numeric_limits<int64_t>::max();
  return static_cast<int64_t>(static_cast<double>(*available) * (1 - kReserve) * share);
}

}  // namespace

absl::StatusOr<BatchingFlags> BatchingFlagsFromCommandLine() {
  BatchingFlags flags = {.deadlines_first = absl::GetFlag(FLAGS_deadlines_first), .memory_limit = nullptr};
  const std::string batching = absl::GetFlag(FLAGS_batching);
  if (batching != "step" && batching != "request") {
    return UsageError(absl::StrCat("--batching is \"", batching, "\"; it must be step or request"));
  }
  if (batching == "request") flags.batching = Batching::kRequest;
  const int mebibytes = absl::GetFlag(FLAGS_memory_limit_mib);
  if (mebibytes < 0 || mebibytes > kMaxMebibytes) {
    return UsageError(absl::StrCat("--memory_limit_mib is ", mebibytes, "; it must be 0 to ", kMaxMebibytes));
  }
  const double share = absl::GetFlag(FLAGS_memory_share);
  if (share <= 0 || share > 1) {
    return UsageError(absl::StrCat("--memory_share is ", share, "; it must be above 0 and at most 1"));
  }
  flags.memory_limit = [mebibytes, share] { return mebibytes > 0 ? int64_t{mebibytes} << 20 : MeasuredLimit(share); };
  return flags;
}

}  // namespace unclip
