#include "tools/simulate/scenario_json.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "base/status_matchers.h"
#include "gateway/speed_preset.h"
#include "tools/simulate/request_steps.h"
#include "tools/simulate/simulate_command.h"

namespace unclip::simulate {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

class ScenarioJsonTest : public testing::Test {
 protected:
  static std::string Write(const std::string& name, const std::string& text) {
    const std::string path = testing::TempDir() + "/" + name;
    std::ofstream(path) << text;
    return path;
  }

  absl::StatusOr<Scenario> Read() const {
    Write("profile.json", profile_.dump());
    return ReadScenario(Write("scenario.json", scenario_.dump()));
  }
  absl::Status ReadStatus() const { return Read().status(); }

  Json profile_ = Json::parse(R"({
    "about": {"provisional": "made up"},
    "clip": {"load_seconds": 1, "stages": [{"name": "embed_text", "step_seconds": {"1": 0.004}}]},
    "prior": {"load_seconds": 2, "job_seconds": 0.001, "stages": [{"name": "prior", "step_seconds": {"4": 0.0008, "8": 0.001}}]},
    "decoder": {"load_seconds": 3, "threads": 2, "stages": [
        {"name": "decoder", "step_seconds": {"2": 0.011}, "lane_step_seconds": {"2": 0.02}, "max_rows": 2},
        {"name": "super_res", "step_seconds": {"1": 0.013}, "lane_step_seconds": {"1": 0.018}, "max_rows": 2,
         "last_step_apart": true}]},
    "crowding": 1.1,
    "gateway": {"picture_seconds": 0.001, "beside_seconds": 0.02, "call_seconds": 0.0003}})");
  Json scenario_ = Json::parse(R"({
    "name": "a step", "profile": "profile.json", "seed": 5, "seconds": 100, "warm_seconds": 10, "slo_seconds": 5,
    "rates": [{"rate": 1}, {"from": 50, "rate": 3}],
    "mix": [{"speed": "fast"}, {"weight": 3, "pictures": 2, "candidates": 1, "guidance": false, "decoder_steps": 50}],
    "gateway": {"replicas": 2},
    "decoder": {"replicas": 3, "max_rows": {"decoder": 8}, "pending_seconds": 4,
      "autoscaler": {"max_replicas": 9, "target": 2.5, "scale_down": {"window_seconds": 60},
                     "scale_up": {"select": "Min", "policies": [{"type": "Percent", "value": 50, "period_seconds": 30}]}}}})");
};

TEST_F(ScenarioJsonTest, ReadsAllOfIt) {
  ASSERT_OK_AND_ASSIGN(const Scenario scenario, Read());
  EXPECT_EQ(scenario.seed, 5);
  EXPECT_EQ(scenario.rates[1].from, absl::Seconds(50));
  EXPECT_EQ(scenario.mix[0].prior.rows, 4);
  EXPECT_EQ(scenario.mix[0].decoder[0].steps, 8);
  EXPECT_EQ(scenario.mix[1].prior.rows, 1);
  EXPECT_EQ(scenario.mix[1].decoder[0].rows, 1);
  EXPECT_EQ(scenario.mix[1].decoder[0].steps, 50);
  EXPECT_EQ(scenario.mix[1].decoder[1].steps, 7);
  EXPECT_EQ(scenario.deadline, absl::InfiniteDuration());
  EXPECT_EQ(scenario.gateway.replicas, 2);
  EXPECT_EQ(scenario.gateway.beside, absl::Milliseconds(20));
  EXPECT_EQ(scenario.crowding, 1.1);
  EXPECT_EQ(scenario.gateway.max_pictures, 32);
  EXPECT_EQ(scenario.decoder.profile.stages[0].max_rows, 8);
  EXPECT_EQ(scenario.decoder.profile.stages[1].max_rows, 2);
  EXPECT_TRUE(scenario.decoder.profile.stages[1].last_step_apart);
  EXPECT_EQ(scenario.decoder.profile.load, absl::Seconds(3));
  EXPECT_EQ(scenario.decoder.options.pending, absl::Seconds(4));
  const AutoscalerOptions& autoscaler = scenario.decoder.autoscaler->options;
  EXPECT_EQ(autoscaler.target, 2.5);
  EXPECT_EQ(autoscaler.scale_up.policies.size(), 1);
  EXPECT_EQ(autoscaler.scale_up.select, ScalingRules::Select::kMin);
  EXPECT_EQ(autoscaler.scale_down.window, absl::Seconds(60));
  EXPECT_EQ(autoscaler.scale_down.policies.size(), 1);
}

TEST_F(ScenarioJsonTest, NamesWhatIsWrong) {
  const Json good = scenario_;
  const auto with = [&](const char* pointer, const Json& value) {
    scenario_ = good;
    scenario_[Json::json_pointer(pointer)] = value;
    return ReadStatus();
  };
  EXPECT_THAT(with("/decoder/replica", 2), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("decoder.replica")));
  EXPECT_THAT(with("/seconds", 5), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("must be above warm_seconds")));
  EXPECT_THAT(with("/mix/0/speed", "slow"), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("\"slow\"")));
  EXPECT_THAT(with("/mix/0/steps", 3), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("mix[0]")));
  EXPECT_THAT(with("/rates/0/from", 60), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("in order of time")));
  EXPECT_THAT(with("/times", Json::array({1, 2})), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("exactly one")));
  EXPECT_THAT(with("/decoder/autoscaler/target", 0), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("target")));
  EXPECT_THAT(with("/profile", "none.json"), StatusIs(absl::StatusCode::kNotFound, HasSubstr("none.json")));
  scenario_ = good;
  profile_["decoder"]["stages"][0]["step_seconds"] = {{"two", 1}};
  EXPECT_THAT(ReadStatus(), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("decoder.stages[0]")));
}

TEST_F(ScenarioJsonTest, IsWhatTheCommandSimulates) {
  ASSERT_OK(Read());
  std::ostringstream text, json;
  const std::string flag = "--scenario=" + testing::TempDir() + "/scenario.json";
  ASSERT_OK(RunSimulate({flag}, text));
  EXPECT_THAT(text.str(), HasSubstr("a step: 100 s, of which the first 10 do not count; seed 5"));
  ASSERT_OK(RunSimulate({flag, "--json"}, json));
  const Json result = Json::parse(json.str());
  EXPECT_EQ(result.at("sent"), result.at("finished").get<int>() + result.at("late").get<int>() +
                                   result.at("rejected").get<int>() + result.at("failed").get<int>());
  EXPECT_GT(result.at("sent"), 100);
}

TEST(CommittedScenariosTest, AreValid) {
  int count = 0;
  for (const auto& file : std::filesystem::directory_iterator("bench/scenarios")) {
    if (file.path().extension() != ".json") continue;
    ++count;
    ASSERT_OK_AND_ASSIGN(const Scenario scenario, ReadScenario(file.path().string()));
    EXPECT_EQ(scenario.name, file.path().stem().string());
  }
  EXPECT_GE(count, 3);
}

TEST(RequestStepsTest, AreTheGateways) {
  gateway::Capabilities capabilities;
  capabilities.prior_step_count = {.minimum = 1, .maximum = 1000, .default_value = 25};
  capabilities.decoder_step_count = {.minimum = 1, .maximum = 1000, .default_value = 25};
  capabilities.super_res_step_count = {.minimum = 1, .maximum = 1000, .default_value = 7};
  for (const auto& [name, speed] : {std::pair{"quality", gateway::v1::SPEED_QUALITY},
                                    {"balanced", gateway::v1::SPEED_BALANCED},
                                    {"fast", gateway::v1::SPEED_FAST}}) {
    const gateway::SpeedPreset preset = gateway::PresetOf(speed, capabilities);
    ASSERT_OK_AND_ASSIGN(const RequestSteps steps, StepsOfSpeed(name));
    EXPECT_EQ(steps.prior, preset.prior.step_count);
    EXPECT_EQ(steps.decoder, preset.decoder.step_count);
    EXPECT_EQ(steps.super_res, preset.super_res.step_count);
  }
}

}  // namespace
}  // namespace unclip::simulate
