// The prior service.

#include <memory>

#include "absl/status/status.h"
#include "base/status_macros.h"
#include "common/server/model_flags.h"
#include "common/server/run_main.h"
#include "common/server/server_flags.h"
#include "common/server/server_runner.h"
#include "services/prior/prior_engine_factory.h"
#include "services/prior/prior_metrics.h"
#include "services/prior/prior_service.h"

namespace unclip::prior {
namespace {

constexpr char kUsage[] =
    "Serves the diffusion prior of an unCLIP checkpoint over gRPC (unclip.prior.v1.PriorService).\n"
    "Example: prior --checkpoint models/shapes32/text-to-image --listen 127.0.0.1:50052";

absl::Status Run(int argc, char** argv) {
  RETURN_IF_ERROR(ParseServerCommandLine(argc, argv, "prior", kUsage));
  ASSIGN_OR_RETURN(const ModelFlags flags, ModelFlagsFromCommandLine());
  ASSIGN_OR_RETURN(const ServerOptions options, ServerOptionsFromFlags({v1::PriorService::service_full_name()}));

  PriorMetrics metrics;
  PriorService service({.queue_capacity = flags.queue_capacity}, &metrics);
  ASSIGN_OR_RETURN(const std::unique_ptr<ServerRunner> server, ServerRunner::Start(options, metrics.registry, {&service}));
  RETURN_IF_ERROR(service.Load([&flags] {
    return LoadPriorEngine({.checkpoint = flags.checkpoint, .dtype = flags.dtype, .thread_count = flags.thread_count});
  }));
  server->SetServing(true);
  return server->Wait([&service](absl::Duration grace) { service.Drain(grace); });
}

}  // namespace
}  // namespace unclip::prior

int main(int argc, char** argv) { return unclip::RunMain(unclip::prior::Run(argc, argv)); }
