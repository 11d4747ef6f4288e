// The gateway process.
#include <cstdint>
#include <memory>
#include <string>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/status_macros.h"
#include "common/metrics/metrics_registry.h"
#include "common/server/run_main.h"
#include "common/server/server_flags.h"
#include "common/server/server_runner.h"
#include "common/server/trace_flags.h"
#include "common/trace/trace_metrics.h"
#include "common/validation/field_check.h"
#include "gateway/gateway.h"
#include "gateway/http/example_prompts.h"
#include "gateway/http/http_gateway.h"

ABSL_FLAG(std::string, clip_target, "", "Where the clip service is: HOST:PORT, dns:///NAME:PORT, or IP:PORT,IP:PORT. Required.");
ABSL_FLAG(std::string, prior_target, "", "Where the prior service is, in the same forms. Required.");
ABSL_FLAG(std::string, decoder_target, "", "Where the decoder service is, in the same forms. Required.");
ABSL_FLAG(int, max_requests, 64, "Requests worked on at a time; more are answered with RESOURCE_EXHAUSTED.");
ABSL_FLAG(int, max_pictures, 32, "Pictures made at a time, of all requests together; more wait.");
ABSL_FLAG(int, embedding_cache_mib, 64,
          "MiB for embeddings of prompts, so that one that comes again is not embedded again; 0 for none.");
ABSL_FLAG(std::string, http_listen, "127.0.0.1:0", "HOST:PORT to serve HTTP at; port 0 takes any free one; empty for no HTTP.");
ABSL_FLAG(std::string, image_store, "",
          "Folder for pictures that are asked for as addresses (response_format \"url\"); by default they are kept in memory.");
ABSL_FLAG(int, image_store_mib, 1024, "MiB of such pictures; the oldest make room.");
ABSL_FLAG(int, max_jobs, 64, "Jobs of HTTP clients that wait or run; more are answered with 429.");
ABSL_FLAG(int, max_running_jobs, 8, "Of these, how many run side by side.");
ABSL_FLAG(std::string, examples_file, "", "File of prompts that suit the loaded model, one a line, for the page to show.");
ABSL_FLAG(absl::Duration, default_deadline, absl::Minutes(10), "Time that a request may take when its caller sets no deadline.");

namespace unclip::gateway {
namespace {

constexpr char kUsage[] =
    "The unclip gateway: turns prompts into pictures with the clip, prior and decoder services behind it.\n"
    "  gateway --clip_target=HOST:PORT --prior_target=HOST:PORT --decoder_target=HOST:PORT [--listen=HOST:PORT]";

absl::StatusOr<HttpGatewayOptions> HttpOptionsFromFlags() {
  RETURN_IF_ERROR(CheckIntRange("--image_store_mib", absl::GetFlag(FLAGS_image_store_mib), 1, 1 << 20));
  HttpGatewayOptions options;
  options.server.listen = absl::GetFlag(FLAGS_http_listen);
  options.image_store.folder = absl::GetFlag(FLAGS_image_store);
  options.image_store.max_bytes = int64_t{absl::GetFlag(FLAGS_image_store_mib)} << 20;
  RETURN_IF_ERROR(CheckIntRange("--max_jobs", absl::GetFlag(FLAGS_max_jobs), 1, 10'000));
  RETURN_IF_ERROR(CheckIntRange("--max_running_jobs", absl::GetFlag(FLAGS_max_running_jobs), 1, 1000));
  options.jobs.max_unfinished = static_cast<size_t>(absl::GetFlag(FLAGS_max_jobs));
  options.max_running_jobs = absl::GetFlag(FLAGS_max_running_jobs);
  options.default_deadline = absl::GetFlag(FLAGS_default_deadline);
  const std::string examples = absl::GetFlag(FLAGS_examples_file);
  if (!examples.empty()) {
    ASSIGN_OR_RETURN(options.examples, ReadExamples(examples));
  }
  return options;
}

absl::Status Run(int argc, char** argv) {
  RETURN_IF_ERROR(ParseServerCommandLine(argc, argv, "gateway", kUsage));
  ASSIGN_OR_RETURN(ServerOptions server_options, ServerOptionsFromFlags({"unclip.gateway.v1.ImageGenerationService"}));
  server_options.keep_freed_memory = true;
  const GatewayOptions options{.clip_target = absl::GetFlag(FLAGS_clip_target),
                               .prior_target = absl::GetFlag(FLAGS_prior_target),
                               .decoder_target = absl::GetFlag(FLAGS_decoder_target),
                               .max_requests = absl::GetFlag(FLAGS_max_requests),
                               .max_pictures = absl::GetFlag(FLAGS_max_pictures),
                               .embedding_cache_mib = absl::GetFlag(FLAGS_embedding_cache_mib),
                               .default_deadline = absl::GetFlag(FLAGS_default_deadline)};
  MetricsRegistry metrics("gateway");
  TraceMetrics trace_metrics(metrics);
  ASSIGN_OR_RETURN(const std::unique_ptr<TraceExport> traces, StartTraceExportFromFlags("gateway", &trace_metrics));
  absl::StatusOr<std::unique_ptr<Gateway>> gateway = Gateway::Create(options, metrics);
  if (!gateway.ok()) return UsageError(gateway.status().message());
  ASSIGN_OR_RETURN(const HttpGatewayOptions http_options, HttpOptionsFromFlags());

  std::unique_ptr<HttpGateway> http;
  server_options.listen_also = [&]() -> absl::StatusOr<std::string> {
    if (http_options.server.listen.empty()) return std::string();
    ASSIGN_OR_RETURN(http, HttpGateway::Start(http_options, &(*gateway)->dispatcher(), metrics));
    return absl::StrCat("http=", http->address());
  };
  server_options.debug_requests = [&gateway] { return (*gateway)->dispatcher().Requests(); };
  ASSIGN_OR_RETURN(const std::unique_ptr<ServerRunner> runner,
                   ServerRunner::Start(server_options, metrics, {&(*gateway)->service()}));
  for (const char* name : {"clip", "prior", "decoder"}) runner->health().SetServing(name, false);
  (*gateway)->StartWatching([&runner, &http](const UpstreamsUp& up) {
    if (http != nullptr) http->SetUp(up);
    runner->health().SetServing("clip", up.clip);
    runner->health().SetServing("prior", up.prior);
    runner->health().SetServing("decoder", up.decoder);
    runner->SetServing(up.all);
  });
  const absl::Status status = runner->Wait([&gateway, &http](absl::Duration grace) {
    if (http != nullptr) http->BeginStop();
    (*gateway)->dispatcher().Drain(grace);
    if (http != nullptr) http->Stop();
  });
  (*gateway)->StopWatching();  // it calls the runner and the HTTP side, which go before the gateway
  return status;
}

}  // namespace
}  // namespace unclip::gateway

int main(int argc, char** argv) { return unclip::RunMain(unclip::gateway::Run(argc, argv)); }
