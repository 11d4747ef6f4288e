// Shows how far a generation has come.
#ifndef UNCLIP_TOOLS_PROGRESS_DISPLAY_H_
#define UNCLIP_TOOLS_PROGRESS_DISPLAY_H_

#include <ostream>
#include <set>
#include <utility>

#include "absl/time/time.h"
#include "base/clock.h"
#include "unclip/gateway/v1/image_generation_service.pb.h"

namespace unclip {

// How the progress is shown.
enum class ProgressStyle {
  kNone,   // not at all
  kLines,  // one line when a stage begins, for files and pipes
  kBar,    // one line that is drawn anew, for terminals
};

// Shows the progress of one request. Not thread-safe.
class ProgressDisplay {
 public:
  // `out` and `clock` outlive the display; `image_count` is how many pictures were asked for. Time is counted from now.
  ProgressDisplay(ProgressStyle style, int image_count, const Clock& clock, std::ostream& out);

  // A stage came a step further.
  void Update(const gateway::v1::GenerationProgress& progress);

  // Takes the bar off the terminal; what is printed next starts on a clean line. To be called before anything else is printed.
  void Clear();

 private:
  void PrintLine(const gateway::v1::GenerationProgress& progress);
  void DrawBar(const gateway::v1::GenerationProgress& progress);

  const ProgressStyle style_;
  const int image_count_;
  const Clock& clock_;
  std::ostream& out_;
  const absl::Duration start_;
  std::set<std::pair<int, int>> begun_;  // (picture, stage) pairs whose line is out
  bool bar_shown_ = false;
};

}  // namespace unclip

#endif  // UNCLIP_TOOLS_PROGRESS_DISPLAY_H_
