#include "tools/simulate/autoscaler_driver.h"

#include <memory>
#include <utility>
#include <vector>

namespace unclip::simulate {

void AutoscalerDriver::Scrape() {
  Measurement measurement = {.at = events_->now(), .in_flight = {}};
  for (const std::shared_ptr<Pod>& pod : replicas_->pods()) {
    if (pod->phase != Pod::Phase::kPending) measurement.in_flight[pod->number] = pod->replica->in_flight();
  }
  measurements_.push_back(std::move(measurement));
  events_->After(settings_.scrape, [this] { Scrape(); });
}

void AutoscalerDriver::Sync() {
  const absl::Duration newest = events_->now() - settings_.adapter;
  while (measurements_.size() > 1 && measurements_[1].at <= newest) measurements_.pop_front();
  const bool is_known = measurements_.front().at <= newest;
  std::vector<PodSample> pods;
  for (const std::shared_ptr<Pod>& pod : replicas_->pods()) {
    if (pod->phase == Pod::Phase::kDraining) continue;
    PodSample& sample = pods.emplace_back(PodSample{.is_pending = pod->phase == Pod::Phase::kPending});
    const auto found = measurements_.front().in_flight.find(pod->number);
    if (is_known && found != measurements_.front().in_flight.end()) sample.value = found->second;
  }
  replicas_->ScaleTo(autoscaler_.Decide(events_->now(), replicas_->count(), pods));
  events_->After(settings_.sync, [this] { Sync(); });
}

}  // namespace unclip::simulate
