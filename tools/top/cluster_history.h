// The last looks at the metrics of a cluster's processes.
#ifndef UNCLIP_TOOLS_TOP_CLUSTER_HISTORY_H_
#define UNCLIP_TOOLS_TOP_CLUSTER_HISTORY_H_

#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tools/top/metrics_text.h"
#include "tools/top/process_view.h"

namespace unclip::top {

// What an address answered, and where from.
using Answers = std::vector<std::pair<std::string, absl::StatusOr<std::string>>>;

// Not thread-safe.
class ClusterHistory {
 public:
  // Rates and means are over the last `window`, or as much of it as was seen.
  explicit ClusterHistory(absl::Duration window) : window_(window) {}

  // Takes in what was answered at `now` (of a clock that does not jump), and returns what to show: a view of each, in the same
  // order. One that does not answer, or not with metrics, is shown with the error, and compared with nothing when it is back.
  std::vector<ProcessView> Add(const Answers& answers, absl::Duration now, absl::Time wall_now);

 private:
  ProcessView View(const std::string& address, MetricsText metrics, absl::Duration now, absl::Time wall_now);

  const absl::Duration window_;
  std::map<std::string, std::deque<std::pair<absl::Duration, MetricsText>>> looks_;  // of each address, the oldest first
};

}  // namespace unclip::top

#endif  // UNCLIP_TOOLS_TOP_CLUSTER_HISTORY_H_
