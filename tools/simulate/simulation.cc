#include "tools/simulate/simulation.h"

#include <cstddef>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "tools/simulate/autoscaler_driver.h"
#include "tools/simulate/simulated_gateway.h"

namespace unclip::simulate {
namespace {

struct Outcome {
  absl::Duration arrival, end;
  RequestResult result;
};

// Of what was used until a moment, and what there was.
struct Used {
  absl::Duration used, available;
};

// A cluster, the load on it, and what was seen of both.
class Run {
 public:
  explicit Run(const Scenario& scenario)
      : scenario_(scenario),
        cores_(&events_, scenario.cores, scenario.crowding),
        clip_(scenario.clip.options, &scenario.clip.profile, scenario.clip.replicas, &events_, &cores_),
        prior_(scenario.prior.options, &scenario.prior.profile, scenario.prior.replicas, &events_, &cores_),
        decoder_(scenario.decoder.options, &scenario.decoder.profile, scenario.decoder.replicas, &events_, &cores_) {
    for (int i = 0; i < scenario.gateway.replicas; ++i) AddGateway();
    AddAutoscaler(scenario.prior, &prior_);
    AddAutoscaler(scenario.decoder, &decoder_);
  }

  SimulationResult Simulate() {
    AddArrivals();
    std::map<std::string, Used> begin, end;
    bool is_past_end = false;
    events_.At(scenario_.warm, [&] { begin = Usages(); });
    events_.At(scenario_.length, [&] {
      end = Usages();
      SetReplicaUsage();
      is_past_end = true;
    });
    while ((!is_past_end || ended_ < outcomes_.size()) && events_.RunNext()) {
    }
    SetUsage(begin, end);
    SetCounts();
    SetTimes();
    return std::move(result_);
  }

 private:
  void AddGateway() {
    CorePool* cores = &cores_;
    if (scenario_.cores == 0) {
      gateway_cores_.push_back(std::make_unique<CorePool>(&events_, scenario_.gateway.cores));
      cores = gateway_cores_.back().get();
    }
    gateways_.push_back(std::make_unique<SimulatedGateway>(SimulatedGateway::Options{.scenario = &scenario_,
                                                                                     .events = &events_,
                                                                                     .cores = cores,
                                                                                     .random = &random_,
                                                                                     .clip = &clip_,
                                                                                     .prior = &prior_,
                                                                                     .decoder = &decoder_}));
  }

  void AddAutoscaler(const ServiceSettings& service, ReplicaSet* replicas) {
    if (!service.autoscaler.has_value()) return;
    autoscalers_.push_back(std::make_unique<AutoscalerDriver>(*service.autoscaler, replicas, &events_));
    autoscalers_.back()->Start();
  }

  const RequestKind& DrawKind(RandomNumbers& random) const {
    double sum = 0;
    for (const RequestKind& kind : scenario_.mix) sum += kind.weight;
    double place = random.Uniform() * sum;
    for (const RequestKind& kind : scenario_.mix) {
      if (place < kind.weight) return kind;
      place -= kind.weight;
    }
    return scenario_.mix.back();
  }

  void AddArrivals() {
    // Each kind of draw has numbers of its own, so that a change of one leaves the others as they were.
    RandomNumbers for_times(scenario_.seed * 4), for_kinds(scenario_.seed * 4 + 1);
    const std::vector<absl::Duration> times =
        scenario_.times.empty() ? PoissonArrivals(scenario_.rates, scenario_.length, for_times) : scenario_.times;
    outcomes_.resize(times.size());
    for (size_t i = 0; i < times.size(); ++i) {
      const RequestKind& kind = DrawKind(for_kinds);
      outcomes_[i].arrival = times[i];
      // A client's balancing is taken to be even.
      SimulatedGateway* const gateway = gateways_[i % gateways_.size()].get();
      events_.At(times[i], [this, i, &kind, gateway] {
        gateway->Submit(kind, outcomes_[i].arrival + scenario_.deadline, [this, i](const RequestResult& result) {
          outcomes_[i].result = result;
          outcomes_[i].end = events_.now();
          ++ended_;
        });
      });
    }
  }

  std::map<std::string, Used> Usages() const {
    const absl::Duration now = events_.now();
    std::map<std::string, Used> usages = {{"clip", {clip_.busy(), clip_.lived()}},
                                          {"prior", {prior_.busy(), prior_.lived()}},
                                          {"decoder", {decoder_.busy(), decoder_.lived()}}};
    Used &requests = usages["gateway requests"], &pictures = usages["gateway pictures"];
    for (const auto& gateway : gateways_) {
      requests.used += gateway->requests().Sum(now);
      pictures.used += gateway->pictures().Sum(now);
    }
    requests.available = now * scenario_.gateway.max_requests * scenario_.gateway.replicas;
    pictures.available = now * scenario_.gateway.max_pictures * scenario_.gateway.replicas;
    if (scenario_.cores > 0) {
      usages["cores"] = {cores_.used(), now * scenario_.cores};
    } else if (scenario_.gateway.cores > 0) {
      Used& gateway_cores = usages["gateway cores"];
      for (const auto& cores : gateway_cores_) gateway_cores.used += cores->used();
      gateway_cores.available = now * scenario_.gateway.cores * scenario_.gateway.replicas;
    }
    return usages;
  }

  void SetReplicaUsage() {
    for (const auto& [name, replicas] : {std::pair{"clip", &clip_}, {"prior", &prior_}, {"decoder", &decoder_}}) {
      result_.replicas[name] = {.mean = absl::FDivDuration(replicas->lived(), scenario_.length),
                                .most = replicas->most(),
                                .hours = absl::ToDoubleHours(replicas->lived()),
                                .jobs_per_step = replicas->JobsPerStep()};
    }
  }

  void SetUsage(const std::map<std::string, Used>& begin, const std::map<std::string, Used>& end) {
    for (const auto& [name, used] : end) {
      const Used& before = begin.at(name);
      result_.usage.push_back({name, absl::FDivDuration(used.used - before.used, used.available - before.available)});
      if (name == "gateway requests") {
        result_.mean_requests = absl::FDivDuration(used.used - before.used, scenario_.length - scenario_.warm);
      }
    }
  }

  void SetCounts() {
    int achieved = 0, in_time = 0;
    for (const Outcome& outcome : outcomes_) {
      const bool is_ok = outcome.result.code == absl::StatusCode::kOk;
      const bool is_in_time = is_ok && outcome.end - outcome.arrival <= scenario_.slo;
      if (outcome.end >= scenario_.warm && outcome.end < scenario_.length) {
        const auto pictures = static_cast<int>(outcome.result.pictures.size());
        achieved += is_ok ? pictures : 0;
        in_time += is_in_time ? pictures : 0;
      }
      if (!Counts(outcome)) continue;
      ++result_.sent;
      ++(is_in_time                                                            ? result_.finished
         : is_ok || outcome.result.code == absl::StatusCode::kDeadlineExceeded ? result_.late
         : outcome.result.code == absl::StatusCode::kResourceExhausted         ? result_.rejected
                                                                               : result_.failed);
    }
    const double seconds = absl::ToDoubleSeconds(scenario_.length - scenario_.warm);
    result_.offered_rate = result_.sent / seconds;
    result_.achieved_rate = achieved / seconds;
    result_.goodput = in_time / seconds;
  }

  void SetTimes() {
    std::vector<absl::Duration> latencies;
    std::map<std::string, std::vector<absl::Duration>> stages;
    for (const Outcome& outcome : outcomes_) {
      if (!Counts(outcome) || outcome.result.code != absl::StatusCode::kOk) continue;
      latencies.push_back(outcome.end - outcome.arrival);
      for (const auto& picture : outcome.result.pictures) {
        for (const auto& [stage, time] : picture) stages[stage].push_back(time);
      }
    }
    result_.latency = Summarize(std::move(latencies));
    for (auto& [stage, times] : stages) result_.stages[stage] = Summarize(std::move(times));
  }

  bool Counts(const Outcome& outcome) const { return outcome.arrival >= scenario_.warm && outcome.arrival < scenario_.length; }

  const Scenario& scenario_;
  EventQueue events_;
  CorePool cores_;
  RandomNumbers random_{scenario_.seed * 4 + 2};
  ReplicaSet clip_, prior_, decoder_;
  std::vector<std::unique_ptr<CorePool>> gateway_cores_;
  std::vector<std::unique_ptr<SimulatedGateway>> gateways_;
  std::vector<std::unique_ptr<AutoscalerDriver>> autoscalers_;
  std::vector<Outcome> outcomes_;
  size_t ended_ = 0;
  SimulationResult result_;
};

}  // namespace

SimulationResult Simulate(const Scenario& scenario) { return Run(scenario).Simulate(); }

}  // namespace unclip::simulate
