#include "tools/simulate/step_replica.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/status_matchers.h"
#include "tools/simulate/arrivals.h"

namespace unclip::simulate {
namespace {

using testing::ElementsAre;

StageProfile Stage(std::map<int, double> seconds) { return {.name = "stage", .step = *StepTimes::Create(std::move(seconds))}; }

ServiceProfile OneStage(std::map<int, double> seconds) { return {.name = "prior", .stages = {Stage(std::move(seconds))}}; }

// A replica by itself, and what became of its jobs.
struct Bench {
  explicit Bench(ServiceProfile service, const StepReplica::Options& options = {})
      : profile(std::move(service)), replica(options, &profile, &events, &cores) {}

  // Submits now; the result comes to `results`, by the order of the ends.
  absl::StatusOr<uint64_t> Submit(std::vector<StageWork> work, absl::Duration deadline = absl::InfiniteDuration()) {
    const absl::Duration arrival = events.now();
    return replica.Submit(std::move(work), deadline, [this, arrival](const JobResult& result) {
      results.push_back(result);
      ends.push_back(events.now());
      latencies.push_back(events.now() - arrival);
    });
  }
  void SubmitAt(double seconds, const std::vector<StageWork>& work, absl::Duration deadline = absl::InfiniteDuration()) {
    events.At(absl::Seconds(seconds), [this, work, deadline] { EXPECT_OK(Submit(work, deadline)); });
  }
  void Run() {
    while (events.RunNext()) {
    }
  }
  double MeanLatency() const {
    absl::Duration sum;
    for (const absl::Duration latency : latencies) sum += latency;
    return absl::ToDoubleSeconds(sum) / static_cast<double>(latencies.size());
  }

  EventQueue events;
  CorePool cores{&events, 0};
  const ServiceProfile profile;
  StepReplica replica;
  std::vector<JobResult> results;
  std::vector<absl::Duration> ends, latencies;
};

TEST(StepReplicaTest, LetsJobsJoinAStepAndShareIt) {
  Bench bench(OneStage({{1, 1.0}, {2, 1.5}}), {.max_started = 2});
  bench.SubmitAt(0, {{.rows = 1, .steps = 3}});
  bench.SubmitAt(0.5, {{.rows = 1, .steps = 1}});
  bench.Run();
  // A step alone until 1 s, one of both until 2.5 s, one alone.
  EXPECT_THAT(bench.ends, ElementsAre(absl::Seconds(2.5), absl::Seconds(3.5)));
  EXPECT_EQ(bench.results[0].queued, absl::Seconds(0.5));
  EXPECT_THAT(bench.results[1].stages, ElementsAre(absl::Seconds(3.5)));
  EXPECT_EQ(bench.replica.busy(), absl::Seconds(3.5));
  EXPECT_EQ(bench.replica.steps(), 3);
  EXPECT_EQ(bench.replica.job_steps(), 4);
}

TEST(StepReplicaTest, TakesStagesInTurnAndLeavesOutThoseWithoutSteps) {
  ServiceProfile profile = {.name = "decoder", .stages = {Stage({{1, 1.0}}), Stage({{1, 9.0}}), Stage({{1, 2.0}})}};
  profile.job = absl::Seconds(0.5);
  Bench bench(std::move(profile));
  bench.SubmitAt(0, {{.steps = 2}, {.steps = 0}, {.steps = 3}});
  bench.Run();
  EXPECT_THAT(bench.ends, ElementsAre(absl::Seconds(8.5)));
  EXPECT_THAT(bench.results[0].stages, ElementsAre(absl::Seconds(2.5), absl::ZeroDuration(), absl::Seconds(6)));
}

TEST(StepReplicaTest, PutsAsManyJobsAsThreadsOnLanes) {
  ServiceProfile profile = OneStage({{2, 0.010}, {4, 0.018}});
  profile.threads = 2;
  profile.stages[0].lane_step = *StepTimes::Create({{2, 0.016}});
  profile.stages[0].max_rows = 2;
  Bench bench(std::move(profile));
  for (int i = 0; i < 3; ++i) bench.SubmitAt(0, {{.rows = 2, .steps = 1}});
  bench.Run();
  // Two on lanes of their own, then one on both threads.
  EXPECT_THAT(bench.ends, ElementsAre(absl::Seconds(0.016), absl::Seconds(0.016), absl::Seconds(0.026)));
}

TEST(StepReplicaTest, RefusesWhatFindsTheQueueFull) {
  Bench bench(OneStage({{1, 1.0}}), {.queue_capacity = 2});
  EXPECT_OK(bench.Submit({{.steps = 1}}));
  EXPECT_OK(bench.Submit({{.steps = 1}}));
  EXPECT_THAT(bench.Submit({{.steps = 1}}), StatusIs(absl::StatusCode::kResourceExhausted, testing::_));
  bench.Run();
  EXPECT_EQ(bench.results.size(), 2);
}

TEST(StepReplicaTest, EndsWhatIsCancelledOrLateBetweenSteps) {
  Bench bench(OneStage({{1, 1.0}, {3, 1.0}}));
  // Its first step begins at once, alone.
  ASSERT_OK_AND_ASSIGN(const uint64_t cancelled, bench.Submit({{.steps = 5}}));
  bench.SubmitAt(0, {{.steps = 5}}, absl::Seconds(2.5));
  bench.SubmitAt(0, {{.steps = 5}});
  bench.events.At(absl::Seconds(1.5), [&] { bench.replica.Cancel(cancelled); });
  bench.Run();
  EXPECT_THAT(bench.ends, ElementsAre(absl::Seconds(2), absl::Seconds(3), absl::Seconds(6)));
  EXPECT_THAT(bench.results[0].status, StatusIs(absl::StatusCode::kCancelled, testing::_));
  EXPECT_THAT(bench.results[1].status, StatusIs(absl::StatusCode::kDeadlineExceeded, testing::_));
  EXPECT_OK(bench.results[2].status);
  EXPECT_EQ(bench.replica.in_flight(), 0);
}

TEST(StepReplicaTest, MayBeCalledFromACallback) {
  Bench bench(OneStage({{1, 1.0}, {2, 1.0}}));
  uint64_t second = 0;
  ASSERT_OK(bench.replica.Submit({{.steps = 1}}, absl::InfiniteDuration(), [&](const JobResult&) {
    bench.replica.Cancel(second);
    EXPECT_OK(bench.Submit({{.steps = 1}}));
  }));
  ASSERT_OK_AND_ASSIGN(second, bench.Submit({{.steps = 1}}));
  bench.Run();
  // Both would have ended with the first step, had not the first one cancelled the other.
  EXPECT_THAT(bench.ends, ElementsAre(absl::Seconds(1), absl::Seconds(2)));
  EXPECT_THAT(bench.results[0].status, StatusIs(absl::StatusCode::kCancelled, testing::_));
}

// Jobs of one step that cannot share it are served in the order of arrival: a queue of one server.
//
// Mean waits over n arrivals spread with the standard deviation of a wait times √(2 τ / n), where τ, the time in arrivals over
// which waits are alike, is about (1 + ρ) / (1 - ρ)² (Whitt, "Planning queueing simulations", 1989). Waits spread about as much
// as their mean or, as most are near none, somewhat more.
double Tolerance(double mean_wait, double load, double arrivals) {
  const double alike = (1 + load) / ((1 - load) * (1 - load));
  return 4 * 1.5 * mean_wait * std::sqrt(2 * alike / arrivals);
}

class QueueTheoryTest : public testing::TestWithParam<double> {};

TEST_P(QueueTheoryTest, WaitsAsInMD1) {
  const double load = GetParam();
  ServiceProfile profile = OneStage({{1, 1.0}});
  profile.stages[0].max_rows = 1;
  Bench bench(std::move(profile), {.queue_capacity = 1'000'000});
  RandomNumbers random(7);
  const auto times = PoissonArrivals({{absl::ZeroDuration(), load}}, absl::Seconds(20'000), random);
  for (const absl::Duration time : times) bench.SubmitAt(absl::ToDoubleSeconds(time), {{.steps = 1}});
  bench.Run();
  ASSERT_EQ(bench.latencies.size(), times.size());
  const double wait = load / (2 * (1 - load));  // Pollaczek and Khinchin, service of 1 s
  EXPECT_NEAR(bench.MeanLatency() - 1, wait, Tolerance(wait, load, static_cast<double>(times.size())));
  const double busy = absl::ToDoubleSeconds(bench.replica.busy());
  EXPECT_NEAR(busy, static_cast<double>(times.size()), 1e-3);
}

INSTANTIATE_TEST_SUITE_P(Loads, QueueTheoryTest, testing::Values(0.3, 0.6, 0.8));

TEST(StepReplicaTest, SharesItsTimeAmongJobsThatShareSteps) {
  // When a step takes no longer for more rows, jobs do not wait for each other: an infinite number of servers. A job of 10 steps
  // of 0.1 s waits for the end of the step under way, half a step in the mean while the replica is busy.
  Bench bench(OneStage({{1, 0.1}, {1000, 0.1}}), {.queue_capacity = 1'000'000, .max_started = 1'000'000});
  RandomNumbers random(9);
  const auto times = PoissonArrivals({{absl::ZeroDuration(), 20}}, absl::Seconds(200), random);
  for (const absl::Duration time : times) bench.SubmitAt(absl::ToDoubleSeconds(time), {{.steps = 10}});
  bench.Run();
  // Uniform in [0, 0.1]: standard deviation 0.029 of each.
  EXPECT_NEAR(bench.MeanLatency(), 1.05, 5 * 0.029 / std::sqrt(static_cast<double>(times.size())));
}

}  // namespace
}  // namespace unclip::simulate
