#include "gateway/http/status_pages.h"

#include <prometheus/text_serializer.h>

#include <nlohmann/json.hpp>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gateway/capabilities.h"
#include "gateway/http/capabilities_json.h"
#include "gateway/http/http_error.h"
#include "gateway/http/image_parameters.h"

namespace unclip::gateway {
namespace {

using Json = nlohmann::ordered_json;

std::string Dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json Model(const std::string& name, int64_t created) {
  return {{"id", name}, {"object", "model"}, {"created", created}, {"owned_by", "unclip"}};
}

// The names that requests may use; without that of the checkpoint until it is known.
std::vector<std::string> ModelNames(const absl::StatusOr<std::shared_ptr<const Capabilities>>& capabilities) {
  std::vector<std::string> names(std::begin(kModelNames), std::end(kModelNames));
  if (capabilities.ok() && !LoadedModelName(**capabilities).empty()) names.push_back(LoadedModelName(**capabilities));
  return names;
}

}  // namespace

StatusPages::StatusPages(const StatusPagesOptions& options) : options_(options), start_(absl::ToUnixSeconds(absl::Now())) {}

void StatusPages::SetUp(const UpstreamsUp& up) {
  absl::MutexLock lock(&mutex_);
  up_ = up;
}

void StatusPages::ServeModels(HttpCall& call) const {
  Json models = Json::array();
  for (const std::string& name : ModelNames(options_.dispatcher->capabilities())) models.push_back(Model(name, start_));
  call.RespondJson(Dump({{"object", "list"}, {"data", models}}));
}

void StatusPages::ServeModel(const std::string& id, HttpCall& call) const {
  for (const std::string& name : ModelNames(options_.dispatcher->capabilities())) {
    if (name == id) return call.RespondJson(Dump(Model(name, start_)));
  }
  call.Fail(HttpError(404, "model_not_found", absl::StrCat("there is no model ", id, "; GET /v1/models lists those there are")));
}

std::string StatusPages::ServicesJson() const {
  absl::MutexLock lock(&mutex_);
  return Dump({{"clip", up_.clip}, {"prior", up_.prior}, {"decoder", up_.decoder}});
}

void StatusPages::ServeCapabilities(HttpCall& call) const {
  const absl::StatusOr<std::shared_ptr<const Capabilities>> capabilities = options_.dispatcher->capabilities();
  if (!capabilities.ok()) return call.Fail(capabilities.status());
  call.RespondJson(CapabilitiesJson(**capabilities, options_.examples, ServicesJson()));
}

void StatusPages::ServeHealth(HttpCall& call) const { call.RespondJson(R"({"status":"ok"})"); }

void StatusPages::ServeReadiness(HttpCall& call) const {
  bool is_ready = false;
  {
    absl::MutexLock lock(&mutex_);
    is_ready = up_.all;
  }
  call.RespondJson(absl::StrCat("{\"status\":\"", is_ready ? "ready" : "not ready", "\",\"services\":", ServicesJson(), "}"),
                   is_ready ? 200 : 503);
}

void StatusPages::ServeMetrics(HttpCall& call) const {
  HttpResponse response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.SetBody(prometheus::TextSerializer().Serialize(options_.metrics->prometheus_registry()->Collect()));
  call.Respond(std::move(response));
}

}  // namespace unclip::gateway
