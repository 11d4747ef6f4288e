// What a run measured, for people and for programs.
#ifndef UNCLIP_BENCH_RPC_COST_COST_REPORT_H_
#define UNCLIP_BENCH_RPC_COST_COST_REPORT_H_

#include <string>

#include "absl/time/time.h"
#include "bench/rpc_cost/load_run.h"

namespace unclip::bench {

struct CostReport {
  int picture_size = 0;      // pixels a side
  double step_ms = 0;        // that a step slept
  double load_average = 0;   // of the machine over the last minute before the run
  LoadResult closed = {};    // one request at a time; none was sent when that was not asked for
  double rate = 0;           // of the open load, requests a second
  absl::Duration late = {};  // an answer of the open load that came later than this is late
  LoadResult open = {};      // likewise
};

// Tables in Markdown.
std::string ToMarkdown(const CostReport& report);

// An object of the same numbers: times in milliseconds.
std::string ToJson(const CostReport& report);

}  // namespace unclip::bench

#endif  // UNCLIP_BENCH_RPC_COST_COST_REPORT_H_
