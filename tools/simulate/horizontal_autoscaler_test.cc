#include "tools/simulate/horizontal_autoscaler.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace unclip::simulate {
namespace {

using Json = nlohmann::json;

std::vector<Json> Cases() {
  std::ifstream file("tools/simulate/testdata/hpa_cases.json");
  return Json::parse(file).at("cases").get<std::vector<Json>>();
}

void ReadRules(const Json& options, const char* key, ScalingRules& rules) {
  if (!options.contains(key)) return;
  const Json& json = options.at(key);
  rules.window = absl::Seconds(json.value("window", absl::ToDoubleSeconds(rules.window)));
  const std::string select = json.value("select", "Max");
  rules.select = select == "Min"        ? ScalingRules::Select::kMin
                 : select == "Disabled" ? ScalingRules::Select::kDisabled
                                        : ScalingRules::Select::kMax;
  if (!json.contains("policies")) return;
  rules.policies.clear();
  for (const Json& policy : json.at("policies")) {
    rules.policies.push_back(
        {.is_percent = policy[0] == "Percent", .value = policy[1], .period = absl::Seconds(policy[2].get<int>())});
  }
}

AutoscalerOptions ReadOptions(const Json& json) {
  AutoscalerOptions options = {
      .min_replicas = json.value("min", 1),
      .max_replicas = json.at("max"),
      .metric = json.value("metric", "pods") == "pods" ? AutoscalerOptions::Metric::kPods : AutoscalerOptions::Metric::kExternal,
      .target = json.at("target"),
      .tolerance = json.value("tolerance", 0.1)};
  ReadRules(json, "up", options.scale_up);
  ReadRules(json, "down", options.scale_down);
  return options;
}

std::vector<PodSample> ReadPods(const Json& json) {
  std::vector<PodSample> pods;
  for (const Json& pod : json) {
    pods.push_back({.is_pending = pod == "pending", .value = std::nullopt});
    if (pod.is_number()) pods.back().value = pod.get<double>();
  }
  return pods;
}

class HorizontalAutoscalerTest : public testing::TestWithParam<Json> {};

TEST_P(HorizontalAutoscalerTest, DecidesAsKubernetesDoes) {
  SCOPED_TRACE(GetParam().at("name").get<std::string>());
  HorizontalAutoscaler autoscaler(ReadOptions(GetParam().at("options")));
  for (const Json& step : GetParam().at("steps")) {
    EXPECT_EQ(autoscaler.Decide(absl::Seconds(step[0].get<int>()), step[1], ReadPods(step[2])), step[3]) << "at " << step[0];
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, HorizontalAutoscalerTest, testing::ValuesIn(Cases()));

}  // namespace
}  // namespace unclip::simulate
