// What `unclip generate` says about the pictures it got.
#ifndef UNCLIP_TOOLS_GENERATION_REPORT_H_
#define UNCLIP_TOOLS_GENERATION_REPORT_H_

#include <string>
#include <vector>

#include "unclip/gateway/v1/image_generation_service.pb.h"

namespace unclip {

// A picture and the file it was written to. The picture's bytes are not needed.
struct SavedImage {
  std::string file;
  gateway::v1::GeneratedImage image;
};

// One JSON object on one line, without line end:
//   {"images": [{"file", "index", "seed", "width", "height", "similarity", "candidate_similarities": [...], "candidate_index",
//     "resized_from": {"width", "height"} or null, "timings_seconds": {"prior": ..., ...}, "queue_seconds", "total_seconds"}],
//    "warnings": [{"code", "message"}], "request_id"}
// Stages are named by StageName(); times are seconds of computing, "queue_seconds" the sum of all waiting.
std::string JsonReport(const std::vector<SavedImage>& images, const gateway::v1::GenerationSummary& summary);

// The same for people, several lines, each with line end.
std::string TextReport(const std::vector<SavedImage>& images, const gateway::v1::GenerationSummary& summary);

}  // namespace unclip

#endif  // UNCLIP_TOOLS_GENERATION_REPORT_H_
