#include "gateway/http/http_gateway.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "common/log/log.h"
#include "common/rpc/request_id.h"
#include "gateway/http/http_error.h"
#include "gateway/http/image_links.h"
#include "gateway/http/web_files.h"

namespace unclip::gateway {
namespace {

// Bodies that are read at a time; the work for them is the dispatcher's.
constexpr int kBodyThreads = 2;

using CallPtr = std::shared_ptr<HttpCall>;

const char* CodeOf(int http_status) {
  switch (http_status) {
    case 408:
      return "request_timeout";
    case 413:
      return "body_too_large";
    case 431:
      return "headers_too_large";
    default:
      return "bad_request";
  }
}

// The answer to what never became a request, and so has no HttpCall that would add these headers.
HttpResponse Refusal(int status, const std::string& message) {
  HttpResponse response = ErrorResponse(HttpError(status, CodeOf(status), message));
  const std::string id = NewRequestId();
  LogWarning("request refused", {{"request_id", id}, {"status", status}, {"error", message}});
  response.headers.push_back({kRequestIdKey, id});
  response.headers.push_back({"openai-processing-ms", "0"});
  response.headers.push_back({"x-content-type-options", "nosniff"});
  return response;
}

JobTableOptions WithMetrics(JobTableOptions options, JobMetrics* metrics) {
  options.metrics = metrics;
  return options;
}

}  // namespace

absl::StatusOr<std::unique_ptr<HttpGateway>> HttpGateway::Start(const HttpGatewayOptions& options,
                                                                GenerationDispatcher* dispatcher, MetricsRegistry& metrics) {
  ASSIGN_OR_RETURN(std::unique_ptr<ImageStore> store, ImageStore::Create(options.image_store, &Clock::Real()));
  std::unique_ptr<HttpGateway> gateway(new HttpGateway(options, dispatcher, metrics, std::move(store)));
  gateway->AddImageRoutes();
  gateway->AddJobRoutes();
  gateway->AddPages();
  ASSIGN_OR_RETURN(gateway->server_, HttpServer::Start(
                                         options.server,
                                         [router = &gateway->router_](std::shared_ptr<HttpExchange> exchange) {
                                           router->Handle(std::move(exchange));
                                         },
                                         Refusal));
  return gateway;
}

HttpGateway::HttpGateway(const HttpGatewayOptions& options, GenerationDispatcher* dispatcher, MetricsRegistry& metrics,
                         std::unique_ptr<ImageStore> store)
    : metrics_(metrics),
      store_(std::move(store)),
      pages_({.dispatcher = dispatcher, .metrics = &metrics, .examples = options.examples}),
      idempotency_({}, &Clock::Real()),
      images_({.dispatcher = dispatcher,
               .store = store_.get(),
               .idempotency = &idempotency_,
               .default_deadline = options.default_deadline}),
      job_metrics_(metrics),
      job_table_(WithMetrics(options.jobs, &job_metrics_), &Clock::Real()),
      job_runner_({.dispatcher = dispatcher, .max_running = options.max_running_jobs}),
      jobs_({.dispatcher = dispatcher, .store = store_.get(), .table = &job_table_, .runner = &job_runner_}),
      router_(&metrics_, &Clock::Real()),
      body_pool_(kBodyThreads) {}

HttpGateway::~HttpGateway() {
  if (server_ != nullptr) server_->Stop();
}

void HttpGateway::BeginStop() {
  job_runner_.Stop();
  job_table_.EndAll(absl::UnavailableError("the gateway shut down before the job was finished; try again"));
}

void HttpGateway::AddImageRoutes() {
  const auto images = [this](ImageTask task) {
    return [this, task](CallPtr call, const std::string& /*id*/) {
      body_pool_.Submit([this, task, call = std::move(call)] { images_.Handle(task, call); });
    };
  };
  router_.Add("POST", "/v1/images/generations", images(ImageTask::kGeneration));
  router_.Add("POST", "/v1/images/edits", images(ImageTask::kEdit));
  router_.Add("POST", "/v1/images/variations", images(ImageTask::kVariation));
  router_.Add("GET", absl::StrCat(kImageFilesPath, "{id}"), [this](const CallPtr& call, const std::string& id) {
    // From the disk, perhaps.
    body_pool_.Submit([this, call, id] { ServeStoredPicture(id, *store_, *call); });
  });
}

void HttpGateway::AddJobRoutes() {
  router_.Add("POST", "/v1/jobs", [this](CallPtr call, const std::string& /*id*/) {
    body_pool_.Submit([this, call = std::move(call)] { jobs_.Create(call); });
  });
  router_.Add("GET", "/v1/jobs/{id}", [this](const CallPtr& call, const std::string& id) {
    // Its pictures may be large.
    body_pool_.Submit([this, call, id] { jobs_.Get(id, *call); });
  });
  router_.Add("DELETE", "/v1/jobs/{id}", [this](const CallPtr& call, const std::string& id) { jobs_.CancelOrForget(id, *call); });
  router_.Add("GET", "/v1/jobs/{id}/events", [this](const CallPtr& call, const std::string& id) { jobs_.Watch(id, call); });
}

void HttpGateway::AddPages() {
  const auto page = [this](void (StatusPages::*serve)(HttpCall&) const) {
    return [this, serve](const CallPtr& call, const std::string& /*id*/) { (pages_.*serve)(*call); };
  };
  router_.Add("GET", "/v1/models", page(&StatusPages::ServeModels));
  router_.Add("GET", "/v1/models/{id}", [this](const CallPtr& call, const std::string& id) { pages_.ServeModel(id, *call); });
  router_.Add("GET", "/v1/capabilities", page(&StatusPages::ServeCapabilities));
  router_.Add("GET", "/healthz", page(&StatusPages::ServeHealth));
  router_.Add("GET", "/readyz", page(&StatusPages::ServeReadiness));
  router_.Add("GET", "/metrics", page(&StatusPages::ServeMetrics));
  for (const WebFile& file : WebFiles()) {
    router_.Add("GET", std::string(file.path),
                [&file](const CallPtr& call, const std::string& /*id*/) { ServeWebFile(file, *call); });
  }
}

}  // namespace unclip::gateway
