// What `unclip top` shows of one process: its metrics now, and what changed since some seconds ago.
#ifndef UNCLIP_TOOLS_TOP_PROCESS_VIEW_H_
#define UNCLIP_TOOLS_TOP_PROCESS_VIEW_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "tools/top/metrics_text.h"

namespace unclip::top {

// Rates are per second; nothing where nothing was counted before to compare with, or nothing happened that has a mean.
using Figure = std::optional<double>;

struct StageView {
  std::string name;     // "decoder"
  Figure steps;         // a second, of all that are stepped together
  Figure rows;          // mean samples of a batch
  Figure seconds;       // mean that the stage took to compute, of those finished lately
  Figure wasted_steps;  // a second
};

struct ProcessView {
  std::string address;  // HOST:PORT of its metrics
  std::string error;    // why nothing is known of it now; empty: all below is known
  std::string service;  // "clip", "prior", "decoder", "gateway" or another
  absl::Duration uptime;
  double in_flight = 0;
  double in_flight_limit = 0;  // the gateway's; 0: none
  Figure requests;             // a second that ended
  Figure rejections;           // a second
  // Of those with a model.
  bool loaded = false;
  double queue_length = 0;
  double queue_capacity = 0;
  Figure queue_seconds;  // mean wait of those started lately
  std::string checkpoint;
  // Of the gateway.
  double images_in_progress = 0;
  Figure images;    // a second
  Figure previews;  // a second
  std::map<std::string, bool> upstreams;
  std::vector<StageView> stages;
};

// How much a counter grew, given that it starts again from 0 with its process.
double Growth(double before, double now);

// `before` is what the process said `between` ago, or null. `wall_now` is what its start time is compared with.
ProcessView ViewOf(absl::string_view address, const MetricsText& now, const MetricsText* before, absl::Duration between,
                   absl::Time wall_now);

}  // namespace unclip::top

#endif  // UNCLIP_TOOLS_TOP_PROCESS_VIEW_H_
