#include "tools/simulate/simulation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <utility>

#include "tools/simulate/simulation_report.h"

namespace unclip::simulate {
namespace {

ServiceProfile Profile(const char* name, double step, int max_rows = 1) {
  ServiceProfile profile = {.name = name, .stages = {{.name = name, .step = *StepTimes::Create({{1, step}})}}};
  profile.stages[0].max_rows = max_rows;
  profile.load = absl::Seconds(5);
  return profile;
}

// One picture takes 0.1 s of the prior and 1 s of the decoder, and nothing of the rest.
Scenario MakeScenario(double rate, double seconds) {
  Scenario scenario;
  scenario.name = "test";
  scenario.length = absl::Seconds(seconds);
  scenario.slo = absl::Seconds(10);
  scenario.rates = {{absl::ZeroDuration(), rate}};
  scenario.mix = {{.prior = {.steps = 1}, .decoder = {{.steps = 10}}}};
  scenario.clip.profile = Profile("clip", 1e-9);
  scenario.prior.profile = Profile("prior", 0.1);
  scenario.decoder.profile = Profile("decoder", 0.1);
  scenario.gateway.max_requests = scenario.gateway.max_pictures = 1'000'000;
  scenario.clip.options.replica.queue_capacity = scenario.prior.options.replica.queue_capacity =
      scenario.decoder.options.replica.queue_capacity = 1'000'000;
  return scenario;
}

int Ended(const SimulationResult& result) { return result.finished + result.late + result.rejected + result.failed; }

double Share(const SimulationResult& result, const std::string& name) {
  for (const Usage& usage : result.usage) {
    if (usage.name == name) return usage.share;
  }
  return -1;
}

TEST(SimulationTest, HoldsLittlesLaw) {
  Scenario scenario = MakeScenario(0.7, 20'000);
  const SimulationResult result = Simulate(scenario);
  EXPECT_EQ(Ended(result), result.sent);
  // Exact but for the requests that are under way at the end.
  const double by_law = result.offered_rate * absl::ToDoubleSeconds(result.latency.mean);
  EXPECT_NEAR(result.mean_requests, by_law, 0.01 * by_law);
  EXPECT_NEAR(Share(result, "decoder"), 0.7, 0.02);
  EXPECT_NEAR(Share(result, "prior"), 0.07, 0.002);
  EXPECT_EQ(result.Bottleneck().name, "decoder");
}

TEST(SimulationTest, EndsEveryRequestOnceWhateverTheLoad) {
  for (const double rate : {0.5, 3.0, 30.0}) {
    Scenario scenario = MakeScenario(rate, 60);
    scenario.deadline = absl::Seconds(8);
    scenario.mix.push_back({.weight = 0.5, .pictures = 3, .prior = {.steps = 2}, .decoder = {{.steps = 4}}});
    scenario.gateway.max_requests = 16;
    scenario.gateway.max_pictures = 8;
    scenario.decoder.options.replica.queue_capacity = 4;
    scenario.decoder.replicas = 2;
    scenario.prior.replicas = 2;
    const SimulationResult result = Simulate(scenario);
    EXPECT_EQ(Ended(result), result.sent) << rate;
    EXPECT_NEAR(result.sent, rate * 60, 5 * std::sqrt(rate * 60));
    EXPECT_EQ(result.failed, 0) << rate;
    EXPECT_EQ(result.rejected > 0, rate > 2) << rate;
  }
}

TEST(SimulationTest, KeepsItsGoodputUnderOverload) {
  Scenario scenario = MakeScenario(4, 600);
  scenario.warm = absl::Seconds(60);
  scenario.deadline = scenario.slo = absl::Seconds(8);
  const SimulationResult result = Simulate(scenario);
  // A decoder can do one a second.
  EXPECT_LT(result.goodput, 1.01);
  EXPECT_GT(result.goodput, 0.9);
  EXPECT_EQ(Ended(result), result.sent);
}

TEST(SimulationTest, SharesAMachinesCores) {
  // Two decoders on one core draw no more than one does on it.
  Scenario scenario = MakeScenario(1.5, 600);
  scenario.warm = absl::Seconds(60);
  scenario.decoder.replicas = 2;
  EXPECT_NEAR(Simulate(scenario).achieved_rate, 1.5, 0.15);
  scenario.cores = 1;
  const SimulationResult shared = Simulate(scenario);
  // The prior keeps up with what arrives, as each of the threads that are busy gets the same share; the rest is the decoders'.
  EXPECT_NEAR(shared.achieved_rate, 1 - 0.1 * 1.5, 0.02);
  EXPECT_NEAR(Share(shared, "cores"), 1, 0.01);
}

TEST(SimulationTest, CountsWorkThatNoPictureWaitsFor) {
  Scenario scenario = MakeScenario(0.5, 2000);
  scenario.cores = 2;
  scenario.gateway.beside = absl::Milliseconds(200);
  scenario.client = absl::Milliseconds(100);
  const SimulationResult result = Simulate(scenario);
  EXPECT_NEAR(Share(result, "cores"), result.offered_rate * (0.1 + 1 + 0.2 + 0.1) / 2, 0.01);
  // Machines apart have no client on them.
  scenario.cores = 0;
  scenario.gateway.cores = 1;
  EXPECT_NEAR(Share(Simulate(scenario), "gateway cores"), result.offered_rate * 0.2, 0.01);
}

TEST(SimulationTest, TakesLongerOnCoresThatAreCrowded) {
  Scenario scenario = MakeScenario(0.8, 2000);
  scenario.decoder.replicas = 2;
  scenario.cores = 2;
  const SimulationResult before = Simulate(scenario);
  scenario.crowding = 1.2;
  const SimulationResult crowded = Simulate(scenario);
  EXPECT_GT(crowded.latency.mean, before.latency.mean * 1.05);
  EXPECT_GT(Share(crowded, "cores"), Share(before, "cores"));
}

TEST(SimulationTest, LimitsPicturesOfAGateway) {
  // One place, and 1.1 s a picture: 0.909 pictures a second, however many decoders there are.
  Scenario scenario = MakeScenario(5, 300);
  scenario.decoder.replicas = 10;
  scenario.gateway.max_pictures = 1;
  scenario.gateway.max_requests = 4;
  SimulationResult result = Simulate(scenario);
  EXPECT_NEAR(result.achieved_rate, 1 / 1.1, 0.02);
  EXPECT_NEAR(Share(result, "gateway pictures"), 1, 0.02);
  EXPECT_GT(result.rejected, 0);
  scenario.gateway.replicas = 3;
  result = Simulate(scenario);
  EXPECT_NEAR(result.achieved_rate, 3 / 1.1, 0.1);
}

TEST(SimulationTest, FollowsALoadStepWithAnAutoscaler) {
  Scenario scenario = MakeScenario(0.5, 800);
  scenario.rates.push_back({absl::Seconds(300), 4});
  scenario.rates.push_back({absl::Seconds(420), 0.5});
  scenario.decoder.autoscaler = {.options = {.max_replicas = 12, .target = 2}};
  scenario.decoder.options.pending = absl::Seconds(2);
  scenario.gateway.connection_age = absl::Seconds(10);
  const SimulationResult result = Simulate(scenario);
  EXPECT_EQ(result.rejected + result.failed, 0);
  const ReplicaUsage& decoders = result.replicas.at("decoder");
  EXPECT_GE(decoders.most, 4);
  EXPECT_LE(decoders.most, 12);
  EXPECT_LT(decoders.mean, decoders.most);
  EXPECT_NEAR(decoders.hours, decoders.mean * 800 / 3600, 1e-6);
  // Without it, the two minutes at 4 a second would pile up 360 pictures.
  scenario.decoder.autoscaler.reset();
  EXPECT_GT(Simulate(scenario).latency.p99, 5 * result.latency.p99);
}

TEST(SimulationTest, IsTheSameForTheSameSeed) {
  Scenario scenario = MakeScenario(0.8, 200);
  scenario.prior.replicas = scenario.decoder.replicas = 3;
  scenario.cached_prompts = 0.5;
  const std::string first = ReportJson(scenario, Simulate(scenario));
  EXPECT_EQ(ReportJson(scenario, Simulate(scenario)), first);
  scenario.seed = 2;
  EXPECT_NE(ReportJson(scenario, Simulate(scenario)), first);
}

TEST(SimulationTest, TakesRecordedTimes) {
  Scenario scenario = MakeScenario(1, 10);
  scenario.rates.clear();
  scenario.times = {absl::Seconds(1), absl::Seconds(1.5), absl::Seconds(5)};
  const SimulationResult result = Simulate(scenario);
  EXPECT_EQ(result.finished, 3);
  // 1.1 s each; the second joins behind the first, which goes first as it has less left: 1.0 s from 2.1 s on.
  EXPECT_NEAR(absl::ToDoubleSeconds(result.latency.mean), (1.1 + 1.6 + 1.1) / 3, 1e-6);
  EXPECT_EQ(result.stages.at("decoder").count, 3);
}

TEST(SummarizeTest, TakesTheSmallestThatEnoughDoNotExceed) {
  std::vector<absl::Duration> times;
  for (int i = 100; i >= 1; --i) times.push_back(absl::Seconds(i));
  const TimeSummary summary = Summarize(times);
  EXPECT_EQ(summary.p50, absl::Seconds(50));
  EXPECT_EQ(summary.p95, absl::Seconds(95));
  EXPECT_EQ(summary.p99, absl::Seconds(99));
  EXPECT_EQ(summary.mean, absl::Seconds(50.5));
  EXPECT_EQ(Summarize({absl::Seconds(3)}).p99, absl::Seconds(3));
  EXPECT_EQ(Summarize({}).count, 0);
}

}  // namespace
}  // namespace unclip::simulate
