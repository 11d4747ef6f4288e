// For tests that keep docs/observability.md equal to the code.
#ifndef UNCLIP_COMMON_METRICS_DOCUMENTED_METRICS_H_
#define UNCLIP_COMMON_METRICS_DOCUMENTED_METRICS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace unclip {

// The names of `service`'s metrics ("prior") that the tables of docs/observability.md list, sorted. A row whose name reads
// `unclip_<process>_...` counts for everything, `unclip_<service>_...` for every service (not for "train"), `unclip_<model
// service>_...` for all but the gateway, `unclip_<step service>_...` for prior and decoder, and one that names a service for that
// one. Empty when the page cannot be read.
std::vector<std::string> DocumentedMetricNames(absl::string_view service);

}  // namespace unclip

#endif  // UNCLIP_COMMON_METRICS_DOCUMENTED_METRICS_H_
