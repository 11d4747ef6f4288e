// A simulation's result for people, and for programs.
#ifndef UNCLIP_TOOLS_SIMULATE_SIMULATION_REPORT_H_
#define UNCLIP_TOOLS_SIMULATE_SIMULATION_REPORT_H_

#include <string>

#include "tools/simulate/scenario.h"
#include "tools/simulate/simulation_result.h"

namespace unclip::simulate {

// Some lines, the last with its end.
std::string ReportText(const Scenario& scenario, const SimulationResult& result);

// A JSON object in one line, its times in seconds; docs/capacity.md names its keys.
std::string ReportJson(const Scenario& scenario, const SimulationResult& result);

}  // namespace unclip::simulate

#endif  // UNCLIP_TOOLS_SIMULATE_SIMULATION_REPORT_H_
