// The prior service.

#include <memory>
#include <string>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "common/server/batching_flags.h"
#include "common/server/model_flags.h"
#include "common/server/run_main.h"
#include "common/server/server_flags.h"
#include "common/server/server_runner.h"
#include "common/server/trace_flags.h"
#include "services/prior/prior_engine_factory.h"
#include "services/prior/prior_metrics.h"
#include "services/prior/prior_service.h"

ABSL_FLAG(int, max_batch_rows, 64, "rows of a denoising step that requests may share: candidates, with guidance twice as many");

ABSL_FLAG(
    std::string, prior, "diffusion",
    "which prior of the checkpoint is served: diffusion, or autoregressive, which `unclip train autoregressive-prior` makes");

namespace unclip::prior {
namespace {

constexpr int kMaxBatchRows = 4096;

constexpr char kUsage[] =
    "Serves a prior of an unCLIP checkpoint over gRPC (unclip.prior.v1.PriorService).\n"
    "Example: prior --checkpoint models/shapes32/text-to-image --listen 127.0.0.1:50052";

absl::StatusOr<PriorKind> PriorKindFromCommandLine() {
  const std::string name = absl::GetFlag(FLAGS_prior);
  if (name == "diffusion") return PriorKind::kDiffusion;
  if (name == "autoregressive") return PriorKind::kAutoregressive;
  return UsageError(absl::StrCat("--prior is \"", name, "\"; it must be diffusion or autoregressive"));
}

absl::Status Run(int argc, char** argv) {
  RETURN_IF_ERROR(ParseServerCommandLine(argc, argv, "prior", kUsage));
  ASSIGN_OR_RETURN(const ModelFlags flags, ModelFlagsFromCommandLine());
  ASSIGN_OR_RETURN(const BatchingFlags batching, BatchingFlagsFromCommandLine());
  ASSIGN_OR_RETURN(ServerOptions options, ServerOptionsFromFlags({v1::PriorService::service_full_name()}));

  const int max_batch_rows = absl::GetFlag(FLAGS_max_batch_rows);
  if (max_batch_rows < 1 || max_batch_rows > kMaxBatchRows) {
    return UsageError(absl::StrCat("--max_batch_rows is ", max_batch_rows, "; it must be 1 to ", kMaxBatchRows));
  }
  ASSIGN_OR_RETURN(const PriorKind kind, PriorKindFromCommandLine());

  PriorMetrics metrics;
  ASSIGN_OR_RETURN(const std::unique_ptr<TraceExport> traces, StartTraceExportFromFlags("prior", &metrics.trace));
  PriorService service({.queue_capacity = flags.queue_capacity,
                        .batching = batching.batching,
                        .deadlines_first = batching.deadlines_first,
                        .memory_limit = batching.memory_limit},
                       &metrics);
  options.debug_requests = [&service] { return service.Requests(); };
  ASSIGN_OR_RETURN(const std::unique_ptr<ServerRunner> server, ServerRunner::Start(options, metrics.registry, {&service}));
  RETURN_IF_ERROR(service.Load([&flags, max_batch_rows, kind] {
    return LoadPriorEngine({.kind = kind,
                            .checkpoint = flags.checkpoint,
                            .device = flags.device,
                            .dtype = flags.dtype,
                            .thread_count = flags.thread_count,
                            .max_batch_rows = max_batch_rows});
  }));
  server->SetServing(true);
  return server->Wait([&service](absl::Duration grace) { service.Drain(grace); });
}

}  // namespace
}  // namespace unclip::prior

int main(int argc, char** argv) { return unclip::RunMain(unclip::prior::Run(argc, argv)); }
