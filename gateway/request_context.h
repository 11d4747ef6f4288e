// What every step of one request needs to know.
#ifndef UNCLIP_GATEWAY_REQUEST_CONTEXT_H_
#define UNCLIP_GATEWAY_REQUEST_CONTEXT_H_

#include <string>

#include "absl/time/time.h"
#include "base/clock.h"
#include "gateway/cancellation.h"

namespace unclip::gateway {

struct RequestContext {
  std::string request_id = {};                         // stands in the logs of every service that the request reaches
  const Clock* clock = &Clock::Real();                 // what the two times below are measured by
  absl::Duration arrival = absl::ZeroDuration();       // when the request came in
  absl::Duration deadline = absl::InfiniteDuration();  // when it must be answered
  Cancellation* cancellation = nullptr;                // required; outlives all work for the request

  // Time that is left; not positive when the deadline has passed.
  absl::Duration remaining() const { return deadline - clock->Now(); }
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_REQUEST_CONTEXT_H_
