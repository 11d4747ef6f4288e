#include "tools/top/process_view.h"

#include <set>

#include "absl/strings/str_cat.h"

namespace unclip::top {
namespace {

// Two looks at the metrics of one process.
class Comparison {
 public:
  Comparison(std::string prefix, const MetricsText& now, const MetricsText* before, absl::Duration between)
      : prefix_(std::move(prefix)), now_(now), before_(before), seconds_(absl::ToDoubleSeconds(between)) {}

  double Value(absl::string_view what, const Labels& labels = {}) const { return now_.Sum(absl::StrCat(prefix_, what), labels); }

  Figure Rate(absl::string_view what, const Labels& labels = {}) const {
    if (before_ == nullptr || seconds_ <= 0) return std::nullopt;
    return Grown(what, labels) / seconds_;
  }

  // The mean of what a histogram counted between the two looks.
  Figure Mean(absl::string_view histogram, const Labels& labels = {}) const {
    if (before_ == nullptr) return std::nullopt;
    const double count = Grown(absl::StrCat(histogram, "_count"), labels);
    if (count <= 0) return std::nullopt;
    return Grown(absl::StrCat(histogram, "_sum"), labels) / count;
  }

  std::set<std::string> LabelValues(absl::string_view what, const std::string& label) const {
    return now_.LabelValues(absl::StrCat(prefix_, what), label);
  }

 private:
  double Grown(absl::string_view what, const Labels& labels) const {
    const std::string name = absl::StrCat(prefix_, what);
    return Growth(before_->Sum(name, labels), now_.Sum(name, labels));
  }

  const std::string prefix_;
  const MetricsText& now_;
  const MetricsText* const before_;
  const double seconds_;
};

std::vector<StageView> StagesOf(const Comparison& metrics) {
  std::set<std::string> names = metrics.LabelValues("steps_total", "stage");
  names.merge(metrics.LabelValues("stage_seconds_count", "stage"));
  std::vector<StageView> stages;
  for (const std::string& name : names) {
    const Labels labels = {{"stage", name}};
    stages.push_back({.name = name,
                      .steps = metrics.Rate("steps_total", labels),
                      .rows = metrics.Mean("batch_rows", labels),
                      .seconds = metrics.Mean("stage_seconds", labels),
                      .wasted_steps = metrics.Rate("wasted_steps_total", labels)});
  }
  return stages;
}

}  // namespace

double Growth(double before, double now) { return now >= before ? now - before : now; }

ProcessView ViewOf(absl::string_view address, const MetricsText& now, const MetricsText* before, absl::Duration between,
                   absl::Time wall_now) {
  ProcessView view;
  view.address = std::string(address);
  view.service = now.Service().value_or("?");
  const Comparison metrics(absl::StrCat("unclip_", view.service, "_"), now, before, between);
  view.uptime = wall_now - (absl::UnixEpoch() + absl::Seconds(metrics.Value("start_time_seconds")));
  view.in_flight = metrics.Value("in_flight") + metrics.Value("http_in_flight");
  view.requests = metrics.Rate("requests_total");
  if (const Figure http = metrics.Rate("http_requests_total"); view.requests.has_value()) *view.requests += http.value_or(0);
  view.rejections = metrics.Rate("rejections_total");
  if (view.service == "gateway") {
    view.in_flight_limit = metrics.Value("max_requests");
    view.images_in_progress = metrics.Value("images_in_progress");
    view.images = metrics.Rate("images_total");
    view.previews = metrics.Rate("previews_total");
    for (const std::string& upstream : metrics.LabelValues("upstream_up", "upstream")) {
      view.upstreams[upstream] = metrics.Value("upstream_up", {{"upstream", upstream}}) > 0;
    }
    return view;
  }
  view.loaded = metrics.Value("model_info") > 0;
  view.queue_length = metrics.Value("queue_length");
  view.queue_capacity = metrics.Value("queue_capacity");
  view.queue_seconds = metrics.Mean("queue_seconds");
  if (const std::set<std::string> names = metrics.LabelValues("model_info", "checkpoint"); !names.empty()) {
    view.checkpoint = *names.begin();
  }
  view.stages = StagesOf(metrics);
  return view;
}

}  // namespace unclip::top
