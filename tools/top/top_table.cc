#include "tools/top/top_table.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace unclip::top {
namespace {

using Row = std::vector<std::string>;

// In the order of a request's way.
constexpr const char* kServices[] = {"gateway", "clip", "prior", "decoder"};
constexpr size_t kColumnGap = 2;

std::string Printable(std::string text) {
  std::replace_if(text.begin(), text.end(), [](unsigned char c) { return absl::ascii_iscntrl(c); }, '?');
  return text;
}

// Words to the left, figures (all columns from `first_figure` on) to the right.
std::string Align(const std::vector<Row>& rows, size_t first_figure) {
  std::vector<size_t> widths(rows.front().size(), 0);
  for (const Row& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string padding(widths[i] - row[i].size(), ' ');
      absl::StrAppend(&line, i == 0 ? "" : std::string(kColumnGap, ' '), i < first_figure ? "" : padding, row[i],
                      i < first_figure ? padding : "");
    }
    absl::StrAppend(&text, absl::StripTrailingAsciiWhitespace(line), "\n");
  }
  return text;
}

std::string Text(const Figure& figure) { return figure.has_value() ? absl::StrFormat("%.2f", *figure) : "-"; }

std::string OutOf(double count, double limit) {
  return limit > 0 ? absl::StrFormat("%.0f/%.0f", count, limit) : absl::StrFormat("%.0f", count);
}

std::string UpstreamsText(const std::map<std::string, bool>& upstreams) {
  return absl::StrJoin(upstreams, " ", [](std::string* out, const auto& upstream) {
    absl::StrAppend(out, upstream.first, upstream.second ? ":up" : ":DOWN");
  });
}

std::string GatewayTable(const std::vector<ProcessView>& views) {
  std::vector<Row> rows = {
      {"GATEWAY", "UPSTREAMS", "UP", "IN FLIGHT", "REQUESTS/S", "REFUSED/S", "PICTURES", "PICTURES/S", "PREVIEWS/S"}};
  for (const ProcessView& view : views) {
    if (view.service != "gateway" || !view.error.empty()) continue;
    rows.push_back({view.address, UpstreamsText(view.upstreams), UptimeText(view.uptime),
                    OutOf(view.in_flight, view.in_flight_limit), Text(view.requests), Text(view.rejections),
                    absl::StrFormat("%.0f", view.images_in_progress), Text(view.images), Text(view.previews)});
  }
  return rows.size() == 1 ? "" : Align(rows, 2) + "\n";
}

std::string ModelTable(const std::vector<ProcessView>& views) {
  std::vector<Row> rows = {{"SERVICE", "ADDRESS", "MODEL", "UP", "IN FLIGHT", "QUEUE", "WAIT S", "REQUESTS/S", "REFUSED/S"}};
  for (const char* service : kServices) {
    for (const ProcessView& view : views) {
      if (view.service != service || view.service == "gateway" || !view.error.empty()) continue;
      rows.push_back({view.service, view.address, view.loaded ? view.checkpoint : "(loading)", UptimeText(view.uptime),
                      OutOf(view.in_flight, 0), OutOf(view.queue_length, view.queue_capacity), Text(view.queue_seconds),
                      Text(view.requests), Text(view.rejections)});
    }
  }
  return rows.size() == 1 ? "" : Align(rows, 3) + "\n";
}

// A stage of all replicas: rates add up; means are weighed by how many steps each replica does.
struct StageSum {
  int replicas = 0;
  Figure steps, wasted_steps;
  double rows = 0, row_weight = 0, seconds = 0, seconds_weight = 0;

  void Add(const StageView& stage) {
    ++replicas;
    if (stage.steps.has_value()) steps = steps.value_or(0) + *stage.steps;
    if (stage.wasted_steps.has_value()) wasted_steps = wasted_steps.value_or(0) + *stage.wasted_steps;
    // One without steps of its own (encode) counts as any other.
    const double weight = std::max(stage.steps.value_or(0), 1e-9);
    if (stage.rows.has_value()) rows += *stage.rows * weight, row_weight += weight;
    if (stage.seconds.has_value()) seconds += *stage.seconds * weight, seconds_weight += weight;
  }
};

std::string StageTable(const std::vector<ProcessView>& views) {
  std::vector<Row> rows = {{"SERVICE", "STAGE", "REPLICAS", "STEPS/S", "ROWS/STEP", "SECONDS", "WASTED/S"}};
  for (const char* service : kServices) {
    std::map<std::string, StageSum> stages;
    for (const ProcessView& view : views) {
      if (view.service != service || !view.error.empty()) continue;
      for (const StageView& stage : view.stages) stages[stage.name].Add(stage);
    }
    for (const auto& [name, sum] : stages) {
      rows.push_back({service, name, absl::StrCat(sum.replicas), Text(sum.steps),
                      Text(sum.row_weight > 0 ? Figure(sum.rows / sum.row_weight) : std::nullopt),
                      Text(sum.seconds_weight > 0 ? Figure(sum.seconds / sum.seconds_weight) : std::nullopt),
                      Text(sum.wasted_steps)});
    }
  }
  return rows.size() == 1 ? "" : Align(rows, 2);
}

}  // namespace

std::string UptimeText(absl::Duration uptime) {
  const int64_t seconds = absl::ToInt64Seconds(uptime);
  if (seconds < 0) return "-";
  if (seconds < 60) return absl::StrFormat("%ds", seconds);
  if (seconds < 3600) return absl::StrFormat("%dm%02ds", seconds / 60, seconds % 60);
  if (seconds < 86400) return absl::StrFormat("%dh%02dm", seconds / 3600, seconds / 60 % 60);
  return absl::StrFormat("%dd%02dh", seconds / 86400, seconds / 3600 % 24);
}

std::string RenderTables(const std::vector<ProcessView>& views) {
  std::vector<ProcessView> shown = views;
  for (ProcessView& view : shown) {
    view.checkpoint = Printable(view.checkpoint);
    for (StageView& stage : view.stages) stage.name = Printable(stage.name);
    std::map<std::string, bool> upstreams;
    for (const auto& [name, up] : view.upstreams) upstreams[Printable(name)] = up;
    view.upstreams = std::move(upstreams);
  }
  std::string text = GatewayTable(shown) + ModelTable(shown) + StageTable(shown);
  for (const ProcessView& view : shown) {
    if (!view.error.empty()) {
      absl::StrAppend(&text, "\n", view.address, ": ", Printable(view.error));
    } else if (std::find(std::begin(kServices), std::end(kServices), view.service) == std::end(kServices)) {
      absl::StrAppend(&text, "\n", view.address, ": not a process of a cluster (", Printable(view.service), ")");
    }
  }
  if (!text.empty() && text.back() != '\n') text += '\n';
  return text;
}

}  // namespace unclip::top
