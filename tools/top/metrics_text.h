// What a process says at /metrics, in Prometheus's text format (version 0.0.4).
#ifndef UNCLIP_TOOLS_TOP_METRICS_TEXT_H_
#define UNCLIP_TOOLS_TOP_METRICS_TEXT_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace unclip::top {

using Labels = std::map<std::string, std::string>;

// The samples of one process at one time. Values are as they came: a counter's may be a NaN.
class MetricsText {
 public:
  // INVALID_ARGUMENT, with the line's number, when a line is neither a sample nor a comment.
  static absl::StatusOr<MetricsText> Parse(absl::string_view text);

  // The sum of the samples of this name that have all of `labels`; 0 when there are none.
  double Sum(absl::string_view name, const Labels& labels = {}) const;

  // Whether there is such a sample.
  bool Has(absl::string_view name, const Labels& labels = {}) const;

  // The values that `label` takes in samples of this name, sorted.
  std::set<std::string> LabelValues(absl::string_view name, const std::string& label) const;

  // What stands for SERVICE in unclip_SERVICE_build_info; absent when there is no such sample.
  std::optional<std::string> Service() const;

 private:
  std::map<std::string, std::vector<std::pair<Labels, double>>, std::less<>> samples_;
};

}  // namespace unclip::top

#endif  // UNCLIP_TOOLS_TOP_METRICS_TEXT_H_
