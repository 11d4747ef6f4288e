// How `unclip inspect` shows what it found.
#ifndef UNCLIP_TOOLS_INSPECTION_REPORT_H_
#define UNCLIP_TOOLS_INSPECTION_REPORT_H_

#include <string>

#include "tools/checkpoint_inspection.h"

namespace unclip {

// For people: an aligned table with a row for each component and one for all, then the problems, at most kMaxShownProblems of a
// kind for each component. Ends with a line break.
std::string InspectionTable(const CheckpointInspection& inspection);
inline constexpr size_t kMaxShownProblems = 10;

// For programs, complete: an object with "checkpoint", "pipeline", "sound" and "components", a list of objects named as the
// members of ComponentInspection. Ends with a line break.
std::string InspectionJson(const CheckpointInspection& inspection);

}  // namespace unclip

#endif  // UNCLIP_TOOLS_INSPECTION_REPORT_H_
