// The decoder service.

#include <memory>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "common/server/batching_flags.h"
#include "common/server/model_flags.h"
#include "common/server/run_main.h"
#include "common/server/server_flags.h"
#include "common/server/server_runner.h"
#include "common/server/trace_flags.h"
#include "services/decoder/decoder_engine_factory.h"
#include "services/decoder/decoder_metrics.h"
#include "services/decoder/decoder_service.h"

ABSL_FLAG(
    int, max_batch_rows, 0,
    "samples of a denoising step that requests may share, counted in base pictures: with guidance a request has two, and an "
    "upsampler's counts as many as its pixels make; 0: as many as threads, with --batching=request as many as gain anything");

namespace unclip::decoder {
namespace {

constexpr int kMaxBatchRows = 4096;

constexpr char kUsage[] =
    "Serves the decoder cascade of an unCLIP checkpoint over gRPC (unclip.decoder.v1.DecoderService).\n"
    "Example: decoder --checkpoint models/shapes32/text-to-image --listen 127.0.0.1:50053";

absl::Status Run(int argc, char** argv) {
  RETURN_IF_ERROR(ParseServerCommandLine(argc, argv, "decoder", kUsage));
  ASSIGN_OR_RETURN(const ModelFlags flags, ModelFlagsFromCommandLine());
  ASSIGN_OR_RETURN(const BatchingFlags batching, BatchingFlagsFromCommandLine());
  ASSIGN_OR_RETURN(ServerOptions options, ServerOptionsFromFlags({v1::DecoderService::service_full_name()}));

  const int max_batch_rows = absl::GetFlag(FLAGS_max_batch_rows);
  if (max_batch_rows < 0 || max_batch_rows > kMaxBatchRows) {
    return UsageError(absl::StrCat("--max_batch_rows is ", max_batch_rows, "; it must be 0 to ", kMaxBatchRows));
  }

  DecoderMetrics metrics;
  ASSIGN_OR_RETURN(const std::unique_ptr<TraceExport> traces, StartTraceExportFromFlags("decoder", &metrics.trace));
  DecoderService service({.queue_capacity = flags.queue_capacity,
                          .batching = batching.batching,
                          .deadlines_first = batching.deadlines_first,
                          .memory_limit = batching.memory_limit},
                         &metrics);
  options.debug_requests = [&service] { return service.Requests(); };
  ASSIGN_OR_RETURN(const std::unique_ptr<ServerRunner> server, ServerRunner::Start(options, metrics.registry, {&service}));
  RETURN_IF_ERROR(service.Load([&flags, &batching, max_batch_rows] {
    return LoadDecoderEngine({.checkpoint = flags.checkpoint,
                              .device = flags.device,
                              .dtype = flags.dtype,
                              .thread_count = flags.thread_count,
                              .max_batch_rows = max_batch_rows,
                              .fills_threads = batching.batching == Batching::kStep});
  }));
  server->SetServing(true);
  return server->Wait([&service](absl::Duration grace) { service.Drain(grace); });
}

}  // namespace
}  // namespace unclip::decoder

int main(int argc, char** argv) { return unclip::RunMain(unclip::decoder::Run(argc, argv)); }
