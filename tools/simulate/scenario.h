// What is simulated.
#ifndef UNCLIP_TOOLS_SIMULATE_SCENARIO_H_
#define UNCLIP_TOOLS_SIMULATE_SCENARIO_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tools/simulate/arrivals.h"
#include "tools/simulate/horizontal_autoscaler.h"
#include "tools/simulate/replica_set.h"
#include "tools/simulate/service_profile.h"
#include "tools/simulate/step_replica.h"

namespace unclip::simulate {

// A kind of request, and how often it comes beside the others.
struct RequestKind {
  double weight = 1;
  int pictures = 1;
  StageWork prior;
  std::vector<StageWork> decoder;  // one for each stage of the decoder's profile
};

// An autoscaler and what it knows of the pods, when.
struct AutoscalerSettings {
  AutoscalerOptions options = {};
  absl::Duration sync = absl::Seconds(15);     // from decision to decision
  absl::Duration scrape = absl::Seconds(15);   // from measurement to measurement
  absl::Duration adapter = absl::Seconds(15);  // age that a measurement has when it can be asked for
};

// A service and its replicas.
struct ServiceSettings {
  ServiceProfile profile = {};
  int replicas = 1;  // at the start, all of them SERVING
  ReplicaSet::Options options = {};
  std::optional<AutoscalerSettings> autoscaler = std::nullopt;
};

struct GatewaySettings {
  int replicas = 1;
  int max_requests = 64;
  int max_pictures = 32;
  int cores = 0;                                     // of each, where machines are not shared; 0: no limit
  absl::Duration connection_age = absl::Minutes(5);  // of the services' --max_connection_age
  absl::Duration picture;                            // of one core, for a picture, which waits for it
  absl::Duration beside;                             // of one core, for a picture that goes on meanwhile: messages, previews
  absl::Duration call;                               // that a call of a service takes besides its queue and steps
};

struct Scenario {
  std::string name;
  uint64_t seed = 1;
  absl::Duration length;  // in which requests arrive; those under way then still end
  absl::Duration warm;    // at the start, that does not count
  absl::Duration slo;     // that a request may take to be in time
  absl::Duration deadline = absl::InfiniteDuration();
  std::vector<RatePeriod> rates;      // of requests that arrive at random; or else
  std::vector<absl::Duration> times;  // when they arrive
  std::vector<RequestKind> mix;
  double cached_prompts = 0;  // share of requests whose prompt clip is not asked for
  int cores = 0;              // that all processes share; 0: each has its own
  double crowding = 1;        // of `cores`, see CorePool
  absl::Duration client;      // of one of `cores`, for a picture, where the load is made on the same machine
  GatewaySettings gateway;
  ServiceSettings clip, prior, decoder;
};

}  // namespace unclip::simulate

#endif  // UNCLIP_TOOLS_SIMULATE_SCENARIO_H_
