// Simulates a cluster under a load.
#ifndef UNCLIP_TOOLS_SIMULATE_SIMULATION_H_
#define UNCLIP_TOOLS_SIMULATE_SIMULATION_H_

#include "tools/simulate/scenario.h"
#include "tools/simulate/simulation_result.h"

namespace unclip::simulate {

// Runs until every request has ended. The same scenario gives the same result.
SimulationResult Simulate(const Scenario& scenario);

}  // namespace unclip::simulate

#endif  // UNCLIP_TOOLS_SIMULATE_SIMULATION_H_
