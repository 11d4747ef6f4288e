// `gpu_bench measure`: draws pictures, alone and in batches, and prints how long each stage takes.
#ifndef UNCLIP_BENCH_MEASURE_COMMAND_H_
#define UNCLIP_BENCH_MEASURE_COMMAND_H_

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace unclip::bench {

// `args` are those after the command's name. A UsageError for what they say wrong; else the error of the engines.
absl::Status RunMeasure(const std::vector<std::string>& args);

}  // namespace unclip::bench

#endif  // UNCLIP_BENCH_MEASURE_COMMAND_H_
