#include "tools/inspection_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"

namespace unclip {
namespace {

using testing::HasSubstr;
using testing::Not;

CheckpointInspection SoundInspection() {
  ComponentInspection prior;
  prior.name = "prior";
  prior.class_name = "PriorTransformer";
  prior.dir = "/c/prior";
  prior.files = {"a-1.safetensors", "a-2.safetensors"};
  prior.types = {{"F16", 3}, {"F32", 1}};
  prior.tensor_count = 4;
  prior.parameter_count = 1022030080;
  prior.byte_count = 2044060160;
  ComponentInspection scheduler;
  scheduler.name = "prior_scheduler";
  scheduler.class_name = "UnCLIPScheduler";
  return {.dir = "/c", .pipeline_class = "UnCLIPPipeline", .components = {prior, scheduler}};
}

TEST(InspectionReportTest, AlignsTheTable) {
  EXPECT_EQ(InspectionTable(SoundInspection()),
            "/c (UnCLIPPipeline)\n"
            "\n"
            "component        class             types    tensors     parameters    bytes  files\n"
            "prior            PriorTransformer  F16+F32        4  1,022,030,080  2.04 GB  a-1.safetensors and 1 more\n"
            "prior_scheduler  UnCLIPScheduler   -              -              -        -  -\n"
            "total                                             4  1,022,030,080  2.04 GB\n"
            "\n"
            "nothing missing, nothing unknown\n");
}

TEST(InspectionReportTest, NamesProblemsAfterTheTable) {
  CheckpointInspection inspection = SoundInspection();
  inspection.components[0].missing = {{"x.weight", {2, 3}}};
  inspection.components[0].unknown = {"we\nird"};
  inspection.components[0].mismatched = {{"y", "[2]", "[3]"}};
  inspection.components[1].errors = {"config.json: bad"};
  EXPECT_THAT(InspectionTable(inspection), HasSubstr("\n\nprior: missing tensor x.weight of shape [2, 3]\n"
                                                     "prior: tensor y is [3]; expected [2]\n"
                                                     "prior: unknown tensor we\\nird\n"
                                                     "prior_scheduler: config.json: bad\n"
                                                     "4 problems\n"));
}

TEST(InspectionReportTest, ShortensLongListsOfProblemsForPeople) {
  CheckpointInspection inspection = SoundInspection();
  for (int i = 0; i < 100; ++i) inspection.components[0].unknown.push_back(absl::StrCat("t", i, "."));
  const std::string table = InspectionTable(inspection);
  EXPECT_THAT(table, HasSubstr("unknown tensor t9.\nprior: and 90 more unknown tensors\n100 problems\n"));
  EXPECT_THAT(table, Not(HasSubstr("t10.")));
}

TEST(InspectionReportTest, WritesCompleteJson) {
  CheckpointInspection inspection = SoundInspection();
  nlohmann::json json = nlohmann::json::parse(InspectionJson(inspection), nullptr, false);
  EXPECT_EQ(json["checkpoint"], "/c");
  EXPECT_EQ(json["pipeline"], "UnCLIPPipeline");
  EXPECT_EQ(json["sound"], true);
  EXPECT_EQ(json["components"][0]["types"]["F16"], 3);
  EXPECT_EQ(json["components"][0]["parameter_count"], 1022030080);
  EXPECT_EQ(json["components"][1]["files"].size(), 0u);
  for (int i = 0; i < 100; ++i) inspection.components[0].unknown.push_back(absl::StrCat("t", i));
  inspection.components[0].missing = {{"x.weight", {2, 3}}};
  inspection.components[0].mismatched = {{"y", "[2]", "[3]"}};
  json = nlohmann::json::parse(InspectionJson(inspection), nullptr, false);
  EXPECT_EQ(json["sound"], false);
  EXPECT_EQ(json["components"][0]["unknown"].size(), 100u);
  EXPECT_EQ(json["components"][0]["missing"][0]["shape"][1], 3);
  EXPECT_EQ(json["components"][0]["mismatched"][0]["found"], "[3]");
  EXPECT_EQ(json["components"][1]["sound"], true);
}

}  // namespace
}  // namespace unclip
