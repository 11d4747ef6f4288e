#include "tools/simulate/replica_set.h"

#include <algorithm>
#include <utility>

namespace unclip::simulate {
namespace {

// How often one that drains is looked at; it costs its replica that much more time at most.
constexpr absl::Duration kDrainPoll = absl::Milliseconds(100);

}  // namespace

ReplicaSet::ReplicaSet(const Options& options, const ServiceProfile* profile, int count, EventQueue* events, CorePool* cores)
    : options_(options), profile_(profile), events_(events), cores_(cores) {
  for (int i = 0; i < count; ++i) Create(Pod::Phase::kServing);
}

void ReplicaSet::Create(Pod::Phase phase) {
  const auto pod = std::make_shared<Pod>();
  pod->number = next_pod_++;
  pod->phase = phase;
  pod->created = events_->now();
  pod->replica = std::make_unique<StepReplica>(options_.replica, profile_, events_, cores_);
  pods_.push_back(pod);
  most_ = std::max(most_, count());
  ++version_;
  if (phase == Pod::Phase::kPending) events_->After(options_.pending, [this, pod] { Load(pod); });
}

void ReplicaSet::Load(const std::shared_ptr<Pod>& pod) {
  if (!Has(pod)) return;
  pod->phase = Pod::Phase::kLoading;
  cores_->Run(profile_->load, 1, [this, pod] {
    if (!Has(pod) || pod->phase != Pod::Phase::kLoading) return;
    pod->phase = Pod::Phase::kServing;
    pod->served = events_->now();
    ++version_;
  });
}

void ReplicaSet::ScaleTo(int wanted) {
  while (count() < wanted) Create(Pod::Phase::kPending);
  while (count() > wanted) {
    // Pending, loading, serving: the least ready goes first; of equals the youngest.
    std::shared_ptr<Pod> next;
    for (const auto& pod : pods_) {
      if (pod->phase != Pod::Phase::kDraining && (next == nullptr || pod->phase <= next->phase)) next = pod;
    }
    Stop(next);
  }
}

void ReplicaSet::Stop(const std::shared_ptr<Pod>& pod) {
  ++version_;
  const bool served = pod->phase == Pod::Phase::kServing;
  pod->phase = Pod::Phase::kDraining;
  if (served) {
    RemoveIfDrained(pod);
  } else {
    Remove(pod);
  }
}

void ReplicaSet::RemoveIfDrained(const std::shared_ptr<Pod>& pod) {
  if (pod->replica->in_flight() == 0) {
    Remove(pod);
  } else {
    events_->After(kDrainPoll, [this, pod] { RemoveIfDrained(pod); });
  }
}

void ReplicaSet::Remove(const std::shared_ptr<Pod>& pod) {
  gone_lived_ += events_->now() - pod->created;
  gone_busy_ += pod->replica->busy();
  gone_steps_ += pod->replica->steps();
  gone_job_steps_ += pod->replica->job_steps();
  pods_.erase(std::find(pods_.begin(), pods_.end(), pod));
}

bool ReplicaSet::Has(const std::shared_ptr<Pod>& pod) const { return std::find(pods_.begin(), pods_.end(), pod) != pods_.end(); }

int ReplicaSet::count() const {
  return static_cast<int>(
      std::count_if(pods_.begin(), pods_.end(), [](const auto& pod) { return pod->phase != Pod::Phase::kDraining; }));
}

std::vector<std::shared_ptr<Pod>> ReplicaSet::Serving() const {
  std::vector<std::shared_ptr<Pod>> serving;
  for (const auto& pod : pods_) {
    if (pod->phase == Pod::Phase::kServing) serving.push_back(pod);
  }
  return serving;
}

absl::Duration ReplicaSet::lived() const {
  absl::Duration sum = gone_lived_;
  for (const auto& pod : pods_) sum += events_->now() - pod->created;
  return sum;
}

absl::Duration ReplicaSet::busy() const {
  absl::Duration sum = gone_busy_;
  for (const auto& pod : pods_) sum += pod->replica->busy();
  return sum;
}

double ReplicaSet::JobsPerStep() const {
  int64_t steps = gone_steps_, job_steps = gone_job_steps_;
  for (const auto& pod : pods_) {
    steps += pod->replica->steps();
    job_steps += pod->replica->job_steps();
  }
  return steps == 0 ? 0 : static_cast<double>(job_steps) / static_cast<double>(steps);
}

std::shared_ptr<Pod> RoundRobin::Next(absl::Duration now) {
  if (version_ != replicas_->version() || now >= next_find_) Update(now);
  if (choices_.empty()) return nullptr;
  return choices_[next_++ % choices_.size()];
}

void RoundRobin::Update(absl::Duration now) {
  version_ = replicas_->version();
  const std::vector<std::shared_ptr<Pod>> serving = replicas_->Serving();
  const std::map<uint64_t, absl::Duration> before = std::move(found_);
  found_.clear();
  // Each connection has an age of its own, so that of several one is renewed the sooner.
  const absl::Duration between = connection_age_ / std::max<size_t>(1, choices_.size());
  absl::Duration next_look = absl::InfiniteDuration();  // the same for all that are new now
  for (const auto& pod : serving) {
    const auto known = before.find(pod->number);
    if (known != before.end()) {
      found_[pod->number] = known->second;
    } else if (before.empty()) {
      found_[pod->number] = now;
    } else {
      if (next_look == absl::InfiniteDuration()) next_look = pod->served + between * random_->Uniform();
      found_[pod->number] = next_look;
    }
  }
  choices_.clear();
  next_find_ = absl::InfiniteDuration();
  for (const auto& pod : serving) {
    const absl::Duration found = found_.at(pod->number);
    if (found <= now) {
      choices_.push_back(pod);
    } else {
      next_find_ = std::min(next_find_, found);
    }
  }
  // When all that were known are gone, the name is looked up within a second.
  if (choices_.empty()) choices_ = serving;
  next_ = choices_.empty() ? 0 : random_->Index(static_cast<int>(choices_.size()));
}

}  // namespace unclip::simulate
