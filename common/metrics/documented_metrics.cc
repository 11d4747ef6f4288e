#include "common/metrics/documented_metrics.h"

#include <algorithm>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace unclip {

// A row reads: | `unclip_prior_in_flight` | gauge | ... |
std::vector<std::string> DocumentedMetricNames(absl::string_view service) {
  std::ifstream page("docs/observability.md");
  std::vector<std::string> names;
  const std::string prefix = absl::StrCat("unclip_", service, "_");
  for (std::string line; std::getline(page, line);) {
    if (!absl::StartsWith(line, "| `unclip_")) continue;
    std::string name = line.substr(3, line.find_first_of("`{", 3) - 3);
    const bool is_server = service != "train", has_model = is_server && service != "gateway";
    const bool has_steps = has_model && service != "clip";
    name = absl::StrReplaceAll(name, {{"<process>", service},
                                      {"<service>", is_server ? service : ""},
                                      {"<model service>", has_model ? service : ""},
                                      {"<step service>", has_steps ? service : ""}});
    if (absl::StartsWith(name, prefix)) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace unclip
