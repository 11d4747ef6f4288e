// One gateway process: admission, places for pictures, and each picture's way through the services.
#ifndef UNCLIP_TOOLS_SIMULATE_SIMULATED_GATEWAY_H_
#define UNCLIP_TOOLS_SIMULATE_SIMULATED_GATEWAY_H_

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "tools/simulate/core_pool.h"
#include "tools/simulate/event_queue.h"
#include "tools/simulate/replica_set.h"
#include "tools/simulate/scenario.h"
#include "tools/simulate/time_average.h"

namespace unclip::simulate {

// What became of a request.
struct RequestResult {
  absl::StatusCode code = absl::StatusCode::kOk;
  std::vector<std::map<std::string, absl::Duration>> pictures;  // the time each finished picture spent in each part of its way
};

// As gateway/generation_dispatcher and gateway/generation_pipeline do it. Not thread-safe.
class SimulatedGateway {
 public:
  using Done = std::function<void(const RequestResult& result)>;

  // All pointers outlive this.
  struct Options {
    const Scenario* scenario = nullptr;
    EventQueue* events = nullptr;
    CorePool* cores = nullptr;
    RandomNumbers* random = nullptr;
    const ReplicaSet* clip = nullptr;
    const ReplicaSet* prior = nullptr;
    const ReplicaSet* decoder = nullptr;
  };

  explicit SimulatedGateway(const Options& options);

  // A request that arrives now and must be done by `deadline`. `done` is called once, perhaps before this returns.
  void Submit(const RequestKind& kind, absl::Duration deadline, Done done);

  const TimeAverage& requests() const { return requests_; }
  const TimeAverage& pictures() const { return pictures_; }

 private:
  struct Request;
  struct Picture;
  using RequestPtr = std::shared_ptr<Request>;
  using PicturePtr = std::shared_ptr<Picture>;

  void Embed(const RequestPtr& request);
  void StartPictures(const RequestPtr& request);
  void TakePlaces();
  // A picture's work on the cores which it does not wait for. In truth it is spread over the time that the picture takes.
  void RunBeside();
  // Calls a replica of `service` and goes on with `next` when it has answered.
  void Call(RoundRobin& service, std::vector<StageWork> work, const PicturePtr& picture,
            std::function<void(const JobResult&)> next);
  void Prior(const PicturePtr& picture);
  void Decode(const PicturePtr& picture);
  void Encode(const PicturePtr& picture);
  void EndPicture(const PicturePtr& picture);
  // The request has failed: what of it runs stops as soon as it can.
  void Fail(const RequestPtr& request, absl::StatusCode code);
  void EndIfOver(const RequestPtr& request);

  const Options options_;
  RoundRobin clip_, prior_, decoder_;
  std::deque<PicturePtr> waiting_;  // for a place
  TimeAverage requests_, pictures_;
};

}  // namespace unclip::simulate

#endif  // UNCLIP_TOOLS_SIMULATE_SIMULATED_GATEWAY_H_
