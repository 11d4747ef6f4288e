#include "tools/simulate/simulation_report.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"

namespace unclip::simulate {
namespace {

using Json = nlohmann::json;

std::string TimesLine(absl::string_view name, const TimeSummary& times) {
  return absl::StrFormat("%-16s %9.3f %9.3f %9.3f %9.3f\n", name, absl::ToDoubleSeconds(times.mean),
                         absl::ToDoubleSeconds(times.p50), absl::ToDoubleSeconds(times.p95), absl::ToDoubleSeconds(times.p99));
}

Json TimesJson(const TimeSummary& times) {
  return {{"count", times.count},
          {"mean", absl::ToDoubleSeconds(times.mean)},
          {"p50", absl::ToDoubleSeconds(times.p50)},
          {"p95", absl::ToDoubleSeconds(times.p95)},
          {"p99", absl::ToDoubleSeconds(times.p99)}};
}

}  // namespace

std::string ReportText(const Scenario& scenario, const SimulationResult& result) {
  std::string text = absl::StrFormat("%s: %.0f s, of which the first %.0f do not count; seed %d\n", scenario.name,
                                     absl::ToDoubleSeconds(scenario.length), absl::ToDoubleSeconds(scenario.warm), scenario.seed);
  absl::StrAppendFormat(&text, "%.2f requests/s offered; %.2f pictures/s came, %.2f within %.3g s\n", result.offered_rate,
                        result.achieved_rate, result.goodput, absl::ToDoubleSeconds(scenario.slo));
  absl::StrAppendFormat(&text, "%d sent: %d in time, %d late, %d rejected, %d failed\n\n", result.sent, result.finished,
                        result.late, result.rejected, result.failed);
  absl::StrAppendFormat(&text, "%-16s %9s %9s %9s %9s\n", "seconds", "mean", "p50", "p95", "p99");
  text += TimesLine("whole", result.latency);
  for (const auto& [stage, times] : result.stages) text += TimesLine(stage, times);
  absl::StrAppendFormat(&text, "\n%-16s %9s %9s %9s %9s\n", "replicas", "mean", "most", "hours", "jobs/step");
  for (const auto& [name, replicas] : result.replicas) {
    absl::StrAppendFormat(&text, "%-16s %9.2f %9d %9.3f %9.2f\n", name, replicas.mean, replicas.most, replicas.hours,
                          replicas.jobs_per_step);
  }
  absl::StrAppendFormat(&text, "\nused\n");
  for (const Usage& usage : result.usage) absl::StrAppendFormat(&text, "%-16s %8.1f%%\n", usage.name, 100 * usage.share);
  absl::StrAppend(&text, "bottleneck: ", result.Bottleneck().name, "\n");
  return text;
}

std::string ReportJson(const Scenario& scenario, const SimulationResult& result) {
  Json json = {{"name", scenario.name},
               {"sent", result.sent},
               {"finished", result.finished},
               {"late", result.late},
               {"rejected", result.rejected},
               {"failed", result.failed},
               {"offered_rate", result.offered_rate},
               {"achieved_rate", result.achieved_rate},
               {"goodput", result.goodput},
               {"mean_requests", result.mean_requests},
               {"latency_seconds", TimesJson(result.latency)},
               {"bottleneck", result.Bottleneck().name}};
  for (const auto& [stage, times] : result.stages) json["stage_seconds"][stage] = TimesJson(times);
  for (const Usage& usage : result.usage) json["used"][usage.name] = usage.share;
  for (const auto& [name, replicas] : result.replicas) {
    json["replicas"][name] = {
        {"mean", replicas.mean}, {"most", replicas.most}, {"hours", replicas.hours}, {"jobs_per_step", replicas.jobs_per_step}};
  }
  return json.dump();
}

}  // namespace unclip::simulate
