#include "tools/inspect_command.h"

#include <iostream>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/weights/checkpoint.h"
#include "tools/checkpoint_inspection.h"
#include "tools/command_line.h"
#include "tools/component_specs.h"
#include "tools/inspection_report.h"

namespace unclip {

absl::Status RunInspect(const std::vector<std::string>& args) {
  std::string dir;
  bool json = false;
  CommandLine command_line(
      "unclip inspect",
      "Tells what a checkpoint holds, and whether every tensor that its configs ask for is there. Reads no weights.");
  command_line.AddPositional("DIR", "Checkpoint folder, with model_index.json.", &dir);
  command_line.AddSwitch("json", "Print JSON, complete.", &json);
  ASSIGN_OR_RETURN(const bool proceed, command_line.Parse(args));
  if (!proceed) return absl::OkStatus();

  ASSIGN_OR_RETURN(const model::Checkpoint checkpoint, model::Checkpoint::Open(dir));
  const CheckpointInspection inspection = InspectCheckpoint(checkpoint, ComponentSpecs);
  std::cout << (json ? InspectionJson(inspection) : InspectionTable(inspection)) << std::flush;
  if (inspection.problem_count() == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(dir, ": the checkpoint has ", inspection.problem_count(), " problem",
                                                    inspection.problem_count() == 1 ? "" : "s"));
}

}  // namespace unclip
