#include "bench/rpc_cost/cost_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "bench/rpc_cost/latency_summary.h"

namespace unclip::bench {
namespace {

using Json = nlohmann::ordered_json;

double Millis(absl::Duration duration) { return absl::ToDoubleMilliseconds(duration); }

int LateCount(const LoadResult& load, absl::Duration late) {
  return static_cast<int>(
      std::count_if(load.latencies.begin(), load.latencies.end(), [late](absl::Duration latency) { return latency > late; }));
}

LatencySummary SummarizePart(const LoadResult& load, size_t part) {
  std::vector<absl::Duration> times;
  times.reserve(load.parts.size());
  for (const PictureParts& parts : load.parts) times.push_back(parts[part]);
  return Summarize(std::move(times));
}

std::string TimesRow(absl::string_view name, const LatencySummary& times) {
  return absl::StrFormat("| %s | %.3f | %.3f | %.3f | %.3f |\n", name, Millis(times.mean), Millis(times.median),
                         Millis(times.p95), Millis(times.p99));
}

std::string TimesTable(const LoadResult& load) {
  std::string table = "| ms a picture | mean | median | p95 | p99 |\n| --- | ---: | ---: | ---: | ---: |\n";
  for (size_t i = 0; i < kPartNames.size(); ++i) table += TimesRow(kPartNames[i], SummarizePart(load, i));
  return table + TimesRow("**whole picture**", Summarize(load.latencies));
}

std::string CpuTable(const LoadResult& load) {
  std::string head = "|  |";
  std::string rule = "| --- |";
  std::string row = "| CPU ms a picture |";
  absl::Duration all;
  for (const CpuTime& cpu : load.cpu) {
    head += absl::StrFormat(" %s |", cpu.process);
    rule += " ---: |";
    row += absl::StrFormat(" %.3f |", Millis(cpu.used) / load.sent);
    all += cpu.used;
  }
  return absl::StrFormat("%s all |\n%s ---: |\n%s %.3f |\n", head, rule, row, Millis(all) / load.sent);
}

std::string Failures(const LoadResult& load) {
  return load.failed == 0 ? "" : absl::StrFormat("; the first that failed: %s", load.first_failure);
}

Json TimesJson(const LatencySummary& times) {
  return {{"mean_ms", Millis(times.mean)},
          {"median_ms", Millis(times.median)},
          {"p95_ms", Millis(times.p95)},
          {"p99_ms", Millis(times.p99)},
          {"greatest_ms", Millis(times.greatest)}};
}

Json LoadJson(const LoadResult& load) {
  Json json = {{"sent", load.sent},
               {"finished", load.latencies.size()},
               {"failed", load.failed},
               {"first_failure", load.first_failure},
               {"wall_ms", Millis(load.wall)},
               {"greatest_send_lag_ms", Millis(load.greatest_send_lag)},
               {"picture", TimesJson(Summarize(load.latencies))}};
  for (size_t i = 0; i < kPartNames.size(); ++i) {
    json["parts"][std::string(kPartNames[i])] = TimesJson(SummarizePart(load, i));
  }
  for (const CpuTime& cpu : load.cpu) json["cpu_ms_a_picture"][cpu.process] = Millis(cpu.used) / load.sent;
  return json;
}

}  // namespace

std::string ToMarkdown(const CostReport& report) {
  std::string text = absl::StrFormat("Pictures of %d x %d pixels; steps of %g ms; load average %.2f before the run.\n",
                                     report.picture_size, report.picture_size, report.step_ms, report.load_average);
  if (report.closed.sent > 0) {
    absl::StrAppendFormat(&text, "\nOne request at a time: %d sent, %d failed%s.\n\n%s\n%s", report.closed.sent,
                          report.closed.failed, Failures(report.closed), TimesTable(report.closed), CpuTable(report.closed));
  }
  if (report.open.sent > 0) {
    absl::StrAppendFormat(&text,
                          "\n%g requests a second (a Poisson process): %d sent, %d finished, of these %d late (over %g ms), "
                          "%d failed%s; %.1f finished a second; sent up to %.1f ms late.\n\n%s\n%s",
                          report.rate, report.open.sent, report.open.latencies.size(), LateCount(report.open, report.late),
                          Millis(report.late), report.open.failed, Failures(report.open),
                          static_cast<double>(report.open.latencies.size()) / absl::ToDoubleSeconds(report.open.wall),
                          Millis(report.open.greatest_send_lag), TimesTable(report.open), CpuTable(report.open));
  }
  return text;
}

std::string ToJson(const CostReport& report) {
  Json json = {{"picture_size_px", report.picture_size}, {"step_ms", report.step_ms}, {"load_average", report.load_average}};
  if (report.closed.sent > 0) json["closed"] = LoadJson(report.closed);
  if (report.open.sent > 0) {
    json["open"] = LoadJson(report.open);
    json["open"]["rate"] = report.rate;
    json["open"]["late_after_ms"] = Millis(report.late);
    json["open"]["late"] = LateCount(report.open, report.late);
  }
  return json.dump(2) + "\n";
}

}  // namespace unclip::bench
