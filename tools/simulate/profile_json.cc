#include "tools/simulate/profile_json.h"

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "model/weights/config_reader.h"
#include "model/weights/json_file.h"
#include "tools/simulate/json_parts.h"
#include "tools/simulate/step_times.h"

namespace unclip::simulate {
namespace {

using Json = nlohmann::json;
using model::ConfigReader;

constexpr double kLongestSeconds = 3600;
constexpr int kMostRows = 1 << 16;

// The table at `key`: an object of rows to seconds.
absl::StatusOr<StepTimes> ReadTimes(ConfigReader& reader, const Json& root, absl::string_view key) {
  reader.Ignore(key);
  const auto error = [&](absl::string_view problem) {
    return absl::InvalidArgumentError(absl::StrCat(reader.path(), ": option \"", key, "\": ", problem));
  };
  const Json table = ValueAt(root, key);
  if (!table.is_object()) return error("must be an object of rows to seconds");
  std::map<int, double> seconds;
  for (const auto& [text, value] : table.items()) {
    int rows = 0;
    if (!absl::SimpleAtoi(text, &rows) || !value.is_number()) return error("must be an object of rows to seconds");
    seconds[rows] = value.get<double>();
  }
  absl::StatusOr<StepTimes> times = StepTimes::Create(std::move(seconds));
  if (!times.ok()) return error(times.status().message());
  return times;
}

absl::Duration ReadSeconds(ConfigReader& reader, absl::string_view key, std::optional<double> fallback = std::nullopt) {
  return absl::Seconds(reader.Double(key, 0, kLongestSeconds, fallback));
}

absl::Status ReadStage(ConfigReader& reader, const Json& json, ServiceProfile& profile) {
  ASSIGN_OR_RETURN(StepTimes step, ReadTimes(reader, json, "step_seconds"));
  StageProfile stage = {.name = reader.String("name"), .step = std::move(step)};
  if (reader.Has("lane_step_seconds")) {
    ASSIGN_OR_RETURN(stage.lane_step, ReadTimes(reader, json, "lane_step_seconds"));
  }
  stage.max_rows = static_cast<int>(reader.Int("max_rows", 1, kMostRows, kMostRows));
  stage.last_step_apart = reader.Bool("last_step_apart", false);
  profile.stages.push_back(std::move(stage));
  return reader.status();
}

// A service whose stages are listed.
absl::Status ReadService(ConfigReader& reader, const Json& root, const std::string& name, ServiceProfile& profile) {
  profile.name = name;
  profile.threads = static_cast<int>(reader.Int(name + ".threads", 1, 1024, 1));
  profile.job = ReadSeconds(reader, name + ".job_seconds", 0);
  profile.load = ReadSeconds(reader, name + ".load_seconds");
  RETURN_IF_ERROR(ForEachObject(reader, root, name + ".stages",
                                [&](ConfigReader& part, const Json& json) { return ReadStage(part, json, profile); }));
  if (!profile.stages.empty()) return reader.status();
  return absl::InvalidArgumentError(absl::StrCat(reader.path(), ": option \"", name, ".stages\" lists none"));
}

}  // namespace

absl::Status ReadProfile(const std::string& path, Scenario& scenario) {
  ASSIGN_OR_RETURN(const Json root, model::ReadJsonObject(path));
  ASSIGN_OR_RETURN(ConfigReader reader, ConfigReader::Parse(root.dump(), path));
  // What it was measured on, and what of it is provisional: for people.
  reader.Ignore("about");
  scenario.crowding = reader.Double("crowding", 1, 100, 1);
  RETURN_IF_ERROR(ReadService(reader, root, "clip", scenario.clip.profile));
  RETURN_IF_ERROR(ReadService(reader, root, "prior", scenario.prior.profile));
  RETURN_IF_ERROR(ReadService(reader, root, "decoder", scenario.decoder.profile));
  scenario.gateway.picture = ReadSeconds(reader, "gateway.picture_seconds");
  scenario.gateway.beside = ReadSeconds(reader, "gateway.beside_seconds", 0);
  scenario.gateway.call = ReadSeconds(reader, "gateway.call_seconds");
  return reader.Finish();
}

}  // namespace unclip::simulate
