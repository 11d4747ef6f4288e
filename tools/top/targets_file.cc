#include "tools/top/targets_file.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace unclip::top {

absl::StatusOr<std::vector<std::string>> ReadTargetsFile(const std::string& path) {
  using Json = nlohmann::json;
  std::ifstream file(path);
  if (!file) return absl::NotFoundError(absl::StrCat("cannot read ", path, "; `unclip up --metrics-targets` writes such a file"));
  const Json groups = Json::parse(file, nullptr, /*allow_exceptions=*/false);
  absl::Status wrong = absl::InvalidArgumentError(absl::StrCat(path, " is not a JSON list of {\"targets\": [HOST:PORT, ...]}"));
  if (!groups.is_array()) return wrong;
  std::vector<std::string> addresses;
  for (const Json& group : groups) {
    const auto targets = group.is_object() ? group.find("targets") : group.end();
    if (targets == group.end() || !targets->is_array()) return wrong;
    for (const Json& target : *targets) {
      if (!target.is_string()) return wrong;
      addresses.push_back(target.get<std::string>());
    }
  }
  return addresses;
}

}  // namespace unclip::top
