// How long something that reports its progress will still take.
#ifndef UNCLIP_GATEWAY_HTTP_JOBS_TIME_ESTIMATOR_H_
#define UNCLIP_GATEWAY_HTTP_JOBS_TIME_ESTIMATOR_H_

#include <optional>

#include "absl/time/time.h"

namespace unclip::gateway {

// From the rate that was observed last, since a step of one stage takes longer than one of another. No lock: its user has one.
class TimeEstimator {
 public:
  // The work begins.
  void Start(absl::Duration now);

  // `fraction` of it is done, 0 to 1. Without effect before Start(), and when it is not more than before.
  void Report(double fraction, absl::Duration now);

  // Not negative. Nothing before the first report, and before any time has passed.
  std::optional<absl::Duration> Remaining(absl::Duration now) const;

 private:
  std::optional<absl::Duration> last_report_;
  double fraction_ = 0;
  // Sums over the reports, the older counting less: their quotient is the time that all of the work takes at the rate of late.
  absl::Duration recent_time_ = absl::ZeroDuration();
  double recent_fraction_ = 0;
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_JOBS_TIME_ESTIMATOR_H_
