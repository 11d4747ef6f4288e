#include "tools/top/cluster_history.h"

#include <utility>

namespace unclip::top {

std::vector<ProcessView> ClusterHistory::Add(const Answers& answers, absl::Duration now, absl::Time wall_now) {
  std::vector<ProcessView> views;
  for (const auto& [address, answer] : answers) {
    absl::StatusOr<MetricsText> metrics = answer.ok() ? MetricsText::Parse(*answer) : answer.status();
    if (metrics.ok()) {
      views.push_back(View(address, *std::move(metrics), now, wall_now));
      continue;
    }
    looks_.erase(address);
    views.emplace_back();
    views.back().address = address;
    views.back().error = std::string(metrics.status().message());
  }
  return views;
}

ProcessView ClusterHistory::View(const std::string& address, MetricsText metrics, absl::Duration now, absl::Time wall_now) {
  auto& looks = looks_[address];
  // The youngest of those that are `window` old or older stays: the window is full.
  while (looks.size() > 1 && now - looks[1].first >= window_) looks.pop_front();
  looks.emplace_back(now, std::move(metrics));
  const auto& [then, before] = looks.front();
  const bool compares = looks.size() > 1;
  return ViewOf(address, looks.back().second, compares ? &before : nullptr, now - then, wall_now);
}

}  // namespace unclip::top
