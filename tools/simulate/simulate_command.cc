#include "tools/simulate/simulate_command.h"

#include "absl/status/statusor.h"
#include "base/status_macros.h"
#include "tools/command_line.h"
#include "tools/simulate/scenario_json.h"
#include "tools/simulate/simulation.h"
#include "tools/simulate/simulation_report.h"

namespace unclip {

absl::Status RunSimulate(const std::vector<std::string>& args, std::ostream& output) {
  std::string path;
  bool as_json = false;
  CommandLine command_line("unclip simulate",
                           "Simulates a cluster under a load: who joins which step, who is refused, and what an autoscaler\n"
                           "does, by the servers' own rules and by step times that were measured.");
  command_line.AddString("scenario", "FILE", "What to simulate, as JSON.", &path);
  command_line.Require("scenario");
  command_line.AddSwitch("json", "Write one JSON object in place of tables.", &as_json);
  command_line.SetEpilogue("docs/capacity.md explains scenarios; bench/scenarios/ has some.");
  ASSIGN_OR_RETURN(const bool proceed, command_line.Parse(args));
  if (!proceed) return absl::OkStatus();
  ASSIGN_OR_RETURN(const simulate::Scenario scenario, simulate::ReadScenario(path));
  const simulate::SimulationResult result = simulate::Simulate(scenario);
  output << (as_json ? simulate::ReportJson(scenario, result) + "\n" : simulate::ReportText(scenario, result)) << std::flush;
  return output ? absl::OkStatus() : absl::UnavailableError("standard output is closed");
}

}  // namespace unclip
