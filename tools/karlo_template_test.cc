#include "tools/karlo_template.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>

#include "base/status_matchers.h"
#include "model/weights/checkpoint.h"
#include "model/weights/test_files.h"
#include "tools/component_specs.h"

namespace unclip {
namespace {

struct Size {
  size_t tensors;
  int64_t parameters;
};

// Writes `checkpoint_template` and compares what its configs ask for with `expected`.
void ExpectSizes(const CheckpointTemplate& checkpoint_template, const std::map<std::string, Size>& expected) {
  const std::string dir = model::MakeTestDir();
  for (const auto& [path, content] : checkpoint_template.files) model::WriteTestFile(dir + "/" + path, content);
  ASSERT_OK_AND_ASSIGN(const model::Checkpoint checkpoint, model::Checkpoint::Open(dir));
  for (const auto& [component, size] : expected) {
    SCOPED_TRACE(component);
    ASSERT_OK_AND_ASSIGN(const auto specs, ComponentSpecs(checkpoint, component));
    int64_t parameters = 0;
    for (const model::TensorSpec& spec : specs) {
      int64_t count = 1;
      for (const int64_t extent : spec.shape) count *= extent;
      parameters += count;
    }
    EXPECT_EQ(specs.size(), size.tensors);
    EXPECT_EQ(parameters, size.parameters);
  }
}

// Karlo's published sizes (1B, 900M, 700M + 700M), counted from the reference's modules with these configs.
TEST(KarloTemplateTest, HasTheSizesOfTheTextToImageHalf) {
  ExpectSizes(KarloTextToImageTemplate(), {{"prior", {338, 1'022'030'080}},
                                           {"text_proj", {11, 7'878'400}},
                                           {"decoder", {716, 885'439'686}},
                                           {"super_res_first", {408, 691'579'523}},
                                           {"super_res_last", {408, 691'579'523}},
                                           {"text_encoder", {197, 123'650'304}},
                                           {"prior_scheduler", {0, 0}},
                                           {"decoder_scheduler", {0, 0}},
                                           {"super_res_scheduler", {0, 0}}});
}

TEST(KarloTemplateTest, HasTheSizesOfTheVariationHalf) {
  ExpectSizes(KarloVariationTemplate(), {{"image_encoder", {392, 303'966'208}}, {"feature_extractor", {0, 0}}});
}

}  // namespace
}  // namespace unclip
