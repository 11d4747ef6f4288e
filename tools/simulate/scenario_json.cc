#include "tools/simulate/scenario_json.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "model/weights/config_reader.h"
#include "model/weights/json_file.h"
#include "tools/simulate/json_parts.h"
#include "tools/simulate/profile_json.h"
#include "tools/simulate/request_steps.h"

namespace unclip::simulate {
namespace {

using Json = nlohmann::json;
using model::ConfigReader;

constexpr double kLongestSeconds = 7 * 24 * 3600;
constexpr int kMostReplicas = 100'000;
constexpr double kGreatestRate = 100'000;

absl::Duration ReadSeconds(ConfigReader& reader, absl::string_view key, std::optional<double> fallback = std::nullopt) {
  return absl::Seconds(reader.Double(key, 0, kLongestSeconds, fallback));
}

int ReadCount(ConfigReader& reader, absl::string_view key, int minimum, int maximum, std::optional<int64_t> fallback) {
  return static_cast<int>(reader.Int(key, minimum, maximum, fallback));
}

// Both kinds of arrivals: rates from times on, or the times themselves.
absl::Status ReadArrivals(ConfigReader& reader, const Json& root, Scenario& scenario) {
  RETURN_IF_ERROR(ForEachObject(reader, root, "rates", [&](ConfigReader& part, const Json&) {
    scenario.rates.push_back({.from = ReadSeconds(part, "from", 0), .rate = part.Double("rate", 0, kGreatestRate)});
    return part.status();
  }));
  reader.Ignore("times");
  const Json times = ValueAt(root, "times");
  for (const Json& time : times.is_array() ? times : Json::array()) {
    if (!time.is_number()) return absl::InvalidArgumentError(absl::StrCat(reader.path(), ": \"times\" must hold numbers"));
    scenario.times.push_back(absl::Seconds(time.get<double>()));
  }
  const auto earlier = [](const RatePeriod& a, const RatePeriod& b) { return a.from < b.from; };
  if (!std::is_sorted(scenario.rates.begin(), scenario.rates.end(), earlier) ||
      !std::is_sorted(scenario.times.begin(), scenario.times.end())) {
    return absl::InvalidArgumentError(absl::StrCat(reader.path(), ": \"rates\" and \"times\" must be in order of time"));
  }
  if (!scenario.times.empty() && scenario.times.front() < absl::ZeroDuration()) {
    return absl::InvalidArgumentError(absl::StrCat(reader.path(), ": \"times\" must not be below 0"));
  }
  if (scenario.rates.empty() == scenario.times.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(reader.path(), ": exactly one of \"rates\" and \"times\" must be given"));
  }
  return absl::OkStatus();
}

absl::Status ReadKind(ConfigReader& reader, size_t decoder_stages, Scenario& scenario) {
  RequestKind kind = {.weight = reader.Double("weight", 0, 1e6, 1),
                      .pictures = ReadCount(reader, "pictures", 1, 64, 1),
                      .prior = {},
                      .decoder = {}};
  const int candidates = ReadCount(reader, "candidates", 1, 64, 2);
  const int guidance_rows = reader.Bool("guidance", true) ? 2 : 1;
  const std::string speed = reader.String("speed", "quality");
  ASSIGN_OR_RETURN(const RequestSteps steps, StepsOfSpeed(speed));
  kind.prior = {.rows = candidates * guidance_rows, .steps = ReadCount(reader, "prior_steps", 1, 1000, steps.prior)};
  kind.decoder = {{.rows = guidance_rows, .steps = ReadCount(reader, "decoder_steps", 1, 1000, steps.decoder)}};
  const int super_res = ReadCount(reader, "super_res_steps", 1, 1000, steps.super_res);
  kind.decoder.resize(decoder_stages, {.rows = 1, .steps = super_res});
  scenario.mix.push_back(std::move(kind));
  return reader.status();
}

absl::Status ReadRules(ConfigReader& reader, const Json& root, const std::string& key, ScalingRules& rules) {
  rules.window = ReadSeconds(reader, key + ".window_seconds", absl::ToDoubleSeconds(rules.window));
  const std::string select = reader.Choice(key + ".select", {"Max", "Min", "Disabled"}, "Max");
  rules.select = select == "Min"        ? ScalingRules::Select::kMin
                 : select == "Disabled" ? ScalingRules::Select::kDisabled
                                        : ScalingRules::Select::kMax;
  if (ValueAt(root, key + ".policies").is_array()) rules.policies.clear();
  return ForEachObject(reader, root, key + ".policies", [&](ConfigReader& part, const Json&) {
    rules.policies.push_back({.is_percent = part.Choice("type", {"Pods", "Percent"}) == "Percent",
                              .value = ReadCount(part, "value", 1, kMostReplicas, std::nullopt),
                              .period = ReadSeconds(part, "period_seconds")});
    return part.status();
  });
}

absl::Status ReadAutoscaler(ConfigReader& reader, const Json& root, const std::string& key, AutoscalerSettings& settings) {
  AutoscalerOptions& options = settings.options;
  options.min_replicas = ReadCount(reader, key + ".min_replicas", 1, kMostReplicas, 1);
  options.max_replicas = ReadCount(reader, key + ".max_replicas", options.min_replicas, kMostReplicas, std::nullopt);
  options.metric = reader.Choice(key + ".metric", {"pods", "external"}, "pods") == "pods" ? AutoscalerOptions::Metric::kPods
                                                                                          : AutoscalerOptions::Metric::kExternal;
  options.target = reader.Double(key + ".target", 0.001, 1e6);
  options.tolerance = reader.Double(key + ".tolerance", 0, 1, options.tolerance);
  settings.sync = ReadSeconds(reader, key + ".sync_seconds", absl::ToDoubleSeconds(settings.sync));
  settings.scrape = ReadSeconds(reader, key + ".scrape_seconds", absl::ToDoubleSeconds(settings.scrape));
  settings.adapter = ReadSeconds(reader, key + ".adapter_seconds", absl::ToDoubleSeconds(settings.adapter));
  reader.Check(settings.sync > absl::ZeroDuration(), key + ".sync_seconds", "must be above 0");
  reader.Check(settings.scrape > absl::ZeroDuration(), key + ".scrape_seconds", "must be above 0");
  RETURN_IF_ERROR(ReadRules(reader, root, key + ".scale_up", options.scale_up));
  return ReadRules(reader, root, key + ".scale_down", options.scale_down);
}

absl::Status ReadService(ConfigReader& reader, const Json& root, const std::string& name, ServiceSettings& service) {
  service.replicas = ReadCount(reader, name + ".replicas", 1, kMostReplicas, 1);
  StepReplica::Options& replica = service.options.replica;
  replica.queue_capacity = ReadCount(reader, name + ".queue_capacity", 1, 100'000, replica.queue_capacity);
  replica.max_started = ReadCount(reader, name + ".max_started", 1, 100'000, replica.max_started);
  const std::string batching = reader.Choice(name + ".batching", {"step", "request"}, "step");
  replica.batching = batching == "step" ? Batching::kStep : Batching::kRequest;
  replica.deadlines_first = reader.Bool(name + ".deadlines_first", false);
  service.options.pending = ReadSeconds(reader, name + ".pending_seconds", 0);
  for (StageProfile& stage : service.profile.stages) {
    const std::string key = absl::StrCat(name, ".max_rows.", stage.name);
    stage.max_rows = ReadCount(reader, key, 1, 1 << 16, stage.max_rows);
  }
  const std::string autoscaler = name + ".autoscaler";
  if (!reader.IsObject(autoscaler)) return reader.status();
  return ReadAutoscaler(reader, root, autoscaler, service.autoscaler.emplace());
}

void ReadTimes(ConfigReader& reader, Scenario& scenario) {
  scenario.length = ReadSeconds(reader, "seconds");
  scenario.warm = ReadSeconds(reader, "warm_seconds", 0);
  scenario.slo = ReadSeconds(reader, "slo_seconds", 10);
  reader.Check(scenario.length > scenario.warm, "seconds", "must be above warm_seconds");
  const absl::Duration deadline = ReadSeconds(reader, "deadline_seconds", 0);
  if (deadline > absl::ZeroDuration()) scenario.deadline = deadline;
}

}  // namespace

absl::StatusOr<Scenario> ReadScenario(const std::string& path) {
  ASSIGN_OR_RETURN(const Json root, model::ReadJsonObject(path));
  ASSIGN_OR_RETURN(ConfigReader reader, ConfigReader::Parse(root.dump(), path));
  Scenario scenario;
  reader.Ignore("about");
  scenario.name = reader.String("name");
  scenario.seed = static_cast<uint64_t>(reader.Int("seed", 0, int64_t{1} << 53, 1));
  const std::string profile = reader.String("profile");
  RETURN_IF_ERROR(reader.status());
  RETURN_IF_ERROR(ReadProfile((std::filesystem::path(path).parent_path() / profile).string(), scenario));
  ReadTimes(reader, scenario);
  RETURN_IF_ERROR(ReadArrivals(reader, root, scenario));
  const size_t decoder_stages = scenario.decoder.profile.stages.size();
  RETURN_IF_ERROR(ForEachObject(reader, root, "mix",
                                [&](ConfigReader& part, const Json&) { return ReadKind(part, decoder_stages, scenario); }));
  reader.Check(!scenario.mix.empty(), "mix", "must list at least one kind of request");
  scenario.cached_prompts = reader.Double("cached_prompts", 0, 1, 0);
  scenario.cores = ReadCount(reader, "cores", 0, 1 << 16, 0);
  scenario.client = ReadSeconds(reader, "client_seconds", 0);
  GatewaySettings& gateway = scenario.gateway;
  gateway.replicas = ReadCount(reader, "gateway.replicas", 1, kMostReplicas, gateway.replicas);
  gateway.max_requests = ReadCount(reader, "gateway.max_requests", 1, 100'000, gateway.max_requests);
  gateway.max_pictures = ReadCount(reader, "gateway.max_pictures", 1, 100'000, gateway.max_pictures);
  gateway.cores = ReadCount(reader, "gateway.cores", 0, 1024, gateway.cores);
  gateway.connection_age = ReadSeconds(reader, "gateway.connection_age_seconds", absl::ToDoubleSeconds(gateway.connection_age));
  RETURN_IF_ERROR(ReadService(reader, root, "clip", scenario.clip));
  RETURN_IF_ERROR(ReadService(reader, root, "prior", scenario.prior));
  RETURN_IF_ERROR(ReadService(reader, root, "decoder", scenario.decoder));
  RETURN_IF_ERROR(reader.Finish());
  return scenario;
}

}  // namespace unclip::simulate
