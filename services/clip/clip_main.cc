// The clip service.

#include <memory>
#include <string>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "base/status_macros.h"
#include "common/server/model_flags.h"
#include "common/server/run_main.h"
#include "common/server/server_flags.h"
#include "common/server/server_runner.h"
#include "common/server/trace_flags.h"
#include "services/clip/clip_engine_factory.h"
#include "services/clip/clip_metrics.h"
#include "services/clip/clip_service.h"

ABSL_FLAG(
    std::string, variation_checkpoint, "",
    "checkpoint folder with image_encoder/ and feature_extractor/; empty: --checkpoint when it has them, else no EmbedImage");

namespace unclip::clip {
namespace {

constexpr char kUsage[] =
    "Serves the CLIP towers of an unCLIP checkpoint over gRPC (unclip.clip.v1.ClipService).\n"
    "Example: clip --checkpoint models/shapes32/text-to-image --listen 127.0.0.1:50051";

absl::Status Run(int argc, char** argv) {
  RETURN_IF_ERROR(ParseServerCommandLine(argc, argv, "clip", kUsage));
  ASSIGN_OR_RETURN(const ModelFlags flags, ModelFlagsFromCommandLine());
  ASSIGN_OR_RETURN(ServerOptions options, ServerOptionsFromFlags({v1::ClipService::service_full_name()}));

  ClipMetrics metrics;
  ASSIGN_OR_RETURN(const std::unique_ptr<TraceExport> traces, StartTraceExportFromFlags("clip", &metrics.trace));
  ClipService service({.queue_capacity = flags.queue_capacity}, &metrics);
  options.debug_requests = [&service] { return service.Requests(); };
  ASSIGN_OR_RETURN(const std::unique_ptr<ServerRunner> server, ServerRunner::Start(options, metrics.registry, {&service}));
  RETURN_IF_ERROR(service.Load([&flags] {
    return LoadClipEngine({.checkpoint = flags.checkpoint,
                           .variation_checkpoint = absl::GetFlag(FLAGS_variation_checkpoint),
                           .device = flags.device,
                           .dtype = flags.dtype,
                           .thread_count = flags.thread_count});
  }));
  server->SetServing(true);
  return server->Wait([&service](absl::Duration grace) { service.Drain(grace); });
}

}  // namespace
}  // namespace unclip::clip

int main(int argc, char** argv) { return unclip::RunMain(unclip::clip::Run(argc, argv)); }
