// The replicas of a service, as an orchestrator starts and stops them.
#ifndef UNCLIP_TOOLS_SIMULATE_REPLICA_SET_H_
#define UNCLIP_TOOLS_SIMULATE_REPLICA_SET_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "tools/simulate/arrivals.h"
#include "tools/simulate/core_pool.h"
#include "tools/simulate/event_queue.h"
#include "tools/simulate/service_profile.h"
#include "tools/simulate/step_replica.h"

namespace unclip::simulate {

// One replica and where it is in its life.
struct Pod {
  enum class Phase { kPending, kLoading, kServing, kDraining };

  uint64_t number = 0;
  Phase phase = Phase::kPending;
  absl::Duration created;
  absl::Duration served = absl::ZeroDuration();  // since when, once it serves
  std::unique_ptr<StepReplica> replica;
};

// Not thread-safe.
class ReplicaSet {
 public:
  struct Options {
    StepReplica::Options replica = {};
    absl::Duration pending = absl::ZeroDuration();  // from when a replica is wanted until its process starts: a node, the image
  };

  // With `count` replicas that serve already. The pointers outlive this.
  ReplicaSet(const Options& options, const ServiceProfile* profile, int count, EventQueue* events, CorePool* cores);

  // Starts or stops as many as are missing or too many. Those that do not serve yet are stopped first, then the youngest; one
  // that serves gets no more jobs, finishes what it holds, and goes.
  void ScaleTo(int wanted);

  // Those that are wanted: all but the ones that drain.
  int count() const;
  // In order of creation, those that drain among them.
  const std::vector<std::shared_ptr<Pod>>& pods() const { return pods_; }
  std::vector<std::shared_ptr<Pod>> Serving() const;
  // Changes whenever Serving() does.
  uint64_t version() const { return version_; }

  // Sums over all replicas until now, those that are gone included.
  absl::Duration lived() const;
  absl::Duration busy() const;
  double JobsPerStep() const;
  int most() const { return most_; }

 private:
  void Create(Pod::Phase phase);
  void Load(const std::shared_ptr<Pod>& pod);
  void Stop(const std::shared_ptr<Pod>& pod);
  void RemoveIfDrained(const std::shared_ptr<Pod>& pod);
  void Remove(const std::shared_ptr<Pod>& pod);
  bool Has(const std::shared_ptr<Pod>& pod) const;

  const Options options_;
  const ServiceProfile* const profile_;
  EventQueue* const events_;
  CorePool* const cores_;
  std::vector<std::shared_ptr<Pod>> pods_;
  uint64_t next_pod_ = 0;
  uint64_t version_ = 0;
  int most_ = 0;
  absl::Duration gone_lived_, gone_busy_;
  int64_t gone_steps_ = 0, gone_job_steps_ = 0;
};

// How a gateway's channel chooses a replica: one after the other, beginning anywhere whenever they have changed, as gRPC's
// round_robin does. One that no longer serves is left out at once, as its health says so. A new one is found when a name is
// looked up again, which happens when any connection reaches its age (--max_connection_age). Not thread-safe.
class RoundRobin {
 public:
  // A `connection_age` of 0 finds new ones at once.
  RoundRobin(const ReplicaSet* replicas, absl::Duration connection_age, RandomNumbers* random)
      : replicas_(replicas), connection_age_(connection_age), random_(random) {}

  // The replica for a call at `now`, which never goes back; null when none serves.
  std::shared_ptr<Pod> Next(absl::Duration now);

 private:
  void Update(absl::Duration now);

  const ReplicaSet* const replicas_;
  const absl::Duration connection_age_;
  RandomNumbers* const random_;
  std::map<uint64_t, absl::Duration> found_;   // when each replica that serves is, or will be, by its number
  std::vector<std::shared_ptr<Pod>> choices_;  // those that were found
  absl::Duration next_find_ = absl::InfiniteDuration();
  uint64_t version_ = ~uint64_t{0};
  size_t next_ = 0;
};

}  // namespace unclip::simulate

#endif  // UNCLIP_TOOLS_SIMULATE_REPLICA_SET_H_
