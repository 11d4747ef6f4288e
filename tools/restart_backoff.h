// How long to wait before a process that died is started again.
#ifndef UNCLIP_TOOLS_RESTART_BACKOFF_H_
#define UNCLIP_TOOLS_RESTART_BACKOFF_H_

#include <algorithm>

#include "absl/time/time.h"

namespace unclip {

// Doubles from half a second to half a minute while the process keeps dying; a life of a minute makes it start anew.
class RestartBackoff {
 public:
  static constexpr absl::Duration kShortest = absl::Milliseconds(500);
  static constexpr absl::Duration kLongest = absl::Seconds(30);
  static constexpr absl::Duration kLongLife = absl::Minutes(1);

  // The wait after a death that came `lived` after the start.
  absl::Duration Next(absl::Duration lived) {
    next_ = lived >= kLongLife || next_ == absl::ZeroDuration() ? kShortest : std::min(next_ * 2, kLongest);
    return next_;
  }

 private:
  absl::Duration next_ = absl::ZeroDuration();
};

}  // namespace unclip

#endif  // UNCLIP_TOOLS_RESTART_BACKOFF_H_
