// The decoder service.

#include <memory>

#include "absl/status/status.h"
#include "base/status_macros.h"
#include "common/server/model_flags.h"
#include "common/server/run_main.h"
#include "common/server/server_flags.h"
#include "common/server/server_runner.h"
#include "services/decoder/decoder_engine_factory.h"
#include "services/decoder/decoder_metrics.h"
#include "services/decoder/decoder_service.h"

namespace unclip::decoder {
namespace {

constexpr char kUsage[] =
    "Serves the decoder cascade of an unCLIP checkpoint over gRPC (unclip.decoder.v1.DecoderService).\n"
    "Example: decoder --checkpoint models/shapes32/text-to-image --listen 127.0.0.1:50053";

absl::Status Run(int argc, char** argv) {
  RETURN_IF_ERROR(ParseServerCommandLine(argc, argv, "decoder", kUsage));
  ASSIGN_OR_RETURN(const ModelFlags flags, ModelFlagsFromCommandLine());
  ASSIGN_OR_RETURN(const ServerOptions options, ServerOptionsFromFlags({v1::DecoderService::service_full_name()}));

  DecoderMetrics metrics;
  DecoderService service({.queue_capacity = flags.queue_capacity}, &metrics);
  ASSIGN_OR_RETURN(const std::unique_ptr<ServerRunner> server, ServerRunner::Start(options, metrics.registry, {&service}));
  RETURN_IF_ERROR(service.Load([&flags] {
    return LoadDecoderEngine({.checkpoint = flags.checkpoint, .dtype = flags.dtype, .thread_count = flags.thread_count});
  }));
  server->SetServing(true);
  return server->Wait([&service](absl::Duration grace) { service.Drain(grace); });
}

}  // namespace
}  // namespace unclip::decoder

int main(int argc, char** argv) { return unclip::RunMain(unclip::decoder::Run(argc, argv)); }
