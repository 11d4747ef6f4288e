// The tables of `unclip top`, as text.
#ifndef UNCLIP_TOOLS_TOP_TOP_TABLE_H_
#define UNCLIP_TOOLS_TOP_TOP_TABLE_H_

#include <string>
#include <vector>

#include "tools/top/process_view.h"

namespace unclip::top {

// The tables of a whole cluster: gateways, processes with a model, and stages, those of replicas taken together. Lines end with
// '\n' and hold no control characters; every column is as wide as its widest cell.
std::string RenderTables(const std::vector<ProcessView>& views);

// "45s", "12m03s", "5h02m", "3d04h"; "-" when negative.
std::string UptimeText(absl::Duration uptime);

}  // namespace unclip::top

#endif  // UNCLIP_TOOLS_TOP_TOP_TABLE_H_
