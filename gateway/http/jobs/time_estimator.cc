#include "gateway/http/jobs/time_estimator.h"

#include <algorithm>
#include <cmath>

namespace unclip::gateway {
namespace {

// What is left of a sum when a tenth of the work has been done since. Counted by work rather than by reports, as pictures that
// are drawn at once report in bursts.
constexpr double kKeptAfterATenth = 0.3;

}  // namespace

void TimeEstimator::Start(absl::Duration now) { last_report_ = now; }

void TimeEstimator::Report(double fraction, absl::Duration now) {
  fraction = std::clamp(fraction, 0.0, 1.0);
  if (!last_report_.has_value() || fraction <= fraction_) return;
  const double done = fraction - fraction_;
  const double kept = std::pow(kKeptAfterATenth, done / 0.1);
  recent_time_ = recent_time_ * kept + (now - *last_report_);
  recent_fraction_ = recent_fraction_ * kept + done;
  last_report_ = now;
  fraction_ = fraction;
}

std::optional<absl::Duration> TimeEstimator::Remaining(absl::Duration now) const {
  if (recent_fraction_ <= 0 || recent_time_ <= absl::ZeroDuration()) return std::nullopt;
  const absl::Duration at_last_report = recent_time_ / recent_fraction_ * (1 - fraction_);
  return std::max(at_last_report - (now - *last_report_), absl::ZeroDuration());
}

}  // namespace unclip::gateway
