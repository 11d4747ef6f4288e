// Gets /metrics of several processes at once.
#ifndef UNCLIP_TOOLS_TOP_METRICS_FETCHER_H_
#define UNCLIP_TOOLS_TOP_METRICS_FETCHER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tools/top/cluster_history.h"

namespace unclip::top {

// Keeps connections between calls. Not thread-safe.
class MetricsFetcher {
 public:
  // Of each HOST:PORT. One that has not answered whole after `timeout` does not answer.
  MetricsFetcher(std::vector<std::string> addresses, absl::Duration timeout);
  ~MetricsFetcher();

  // What each answered, in the order of the addresses: the body, or UNAVAILABLE with why there is none.
  Answers Fetch();

 private:
  struct Transfers;

  const std::vector<std::string> addresses_;
  const absl::Duration timeout_;
  const std::unique_ptr<Transfers> transfers_;
};

}  // namespace unclip::top

#endif  // UNCLIP_TOOLS_TOP_METRICS_FETCHER_H_
