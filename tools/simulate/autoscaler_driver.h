// Lets an autoscaler look at a service's replicas, late as it does, and follows what it says.
#ifndef UNCLIP_TOOLS_SIMULATE_AUTOSCALER_DRIVER_H_
#define UNCLIP_TOOLS_SIMULATE_AUTOSCALER_DRIVER_H_

#include <cstdint>
#include <deque>
#include <map>

#include "absl/time/time.h"
#include "tools/simulate/event_queue.h"
#include "tools/simulate/horizontal_autoscaler.h"
#include "tools/simulate/replica_set.h"
#include "tools/simulate/scenario.h"

namespace unclip::simulate {

// Goes on for ever once it is started. Not thread-safe.
class AutoscalerDriver {
 public:
  // The pointers outlive this.
  AutoscalerDriver(const AutoscalerSettings& settings, ReplicaSet* replicas, EventQueue* events)
      : settings_(settings), replicas_(replicas), events_(events), autoscaler_(settings.options) {}

  void Start() {
    Scrape();
    events_->After(settings_.sync, [this] { Sync(); });
  }

 private:
  struct Measurement {
    absl::Duration at;
    std::map<uint64_t, int> in_flight;  // by the pod's number; of those whose process runs
  };

  void Scrape();
  void Sync();

  const AutoscalerSettings settings_;
  ReplicaSet* const replicas_;
  EventQueue* const events_;
  HorizontalAutoscaler autoscaler_;
  std::deque<Measurement> measurements_;
};

}  // namespace unclip::simulate

#endif  // UNCLIP_TOOLS_SIMULATE_AUTOSCALER_DRIVER_H_
