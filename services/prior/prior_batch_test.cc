// What a request gets from the prior does not depend on those beside it, to the last bit: in any batch, at any step, on any
// number of threads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "base/status_matchers.h"
#include "services/prior/prior_engine_factory.h"
#include "services/prior/varied_prior_input.h"

namespace unclip::prior {
namespace {

using Embeddings = std::vector<std::vector<float>>;

class PriorBatchTest : public testing::TestWithParam<std::tuple<const char*, const char*, int>> {
 protected:
  std::unique_ptr<PriorEngine> Load(int thread_count) {
    auto engine =
        LoadPriorEngine({.checkpoint = std::get<0>(GetParam()), .dtype = std::get<1>(GetParam()), .thread_count = thread_count});
    EXPECT_OK(engine.status());
    return *std::move(engine);
  }

  static absl::Status Ignore(int /*step*/) { return absl::OkStatus(); }
};

TEST_P(PriorBatchTest, EqualsTheSameRequestAlone) {
  const std::unique_ptr<PriorEngine> engine = Load(std::get<2>(GetParam()));
  const PriorModelInfo& info = engine->info();
  std::vector<SamplePriorInput> inputs = {VariedPriorInput(info, 0, 1, 5, 1), VariedPriorInput(info, 1, 2, 4, 4),
                                          VariedPriorInput(info, 2, 1, 7, 3), VariedPriorInput(info, 3, 4, 3, 4),
                                          VariedPriorInput(info, 4, 2, 6, 4), VariedPriorInput(info, 5, 1, 4, 4)};
  inputs[2].sampling = {.kind = model::SamplerKind::kDpmSolver};
  inputs[4].sampling = {.guidance_interval = {.start = 0.3, .end = 0.8}};
  inputs[5].sampling = {.kind = model::SamplerKind::kDdim, .eta = 0.5, .guidance_interval = {.start = 0, .end = 0.5}};
  std::vector<Embeddings> alone;
  for (const SamplePriorInput& input : inputs) {
    ASSERT_OK_AND_ASSIGN(Embeddings embeddings, engine->Sample(input, Ignore));
    alone.push_back(std::move(embeddings));
  }

  // One joins at each step; each leaves when its steps are done.
  std::vector<std::unique_ptr<PriorRun>> runs;
  std::vector<int> steps_done;
  std::vector<Embeddings> together(inputs.size());
  for (size_t finished = 0; finished < inputs.size();) {
    if (runs.size() < inputs.size()) {
      ASSERT_OK_AND_ASSIGN(std::unique_ptr<PriorRun> run, engine->Start(inputs[runs.size()]));
      runs.push_back(std::move(run));
      steps_done.push_back(0);
    }
    std::vector<PriorRun*> batch;
    for (size_t i = 0; i < runs.size(); ++i) {
      if (steps_done[i] < inputs[i].step_count) batch.push_back(runs[i].get());
    }
    for (const absl::Status& status : engine->Step(batch)) ASSERT_OK(status);
    for (size_t i = 0; i < runs.size(); ++i) {
      if (steps_done[i] == inputs[i].step_count) continue;
      ++steps_done[i];
      if (steps_done[i] < inputs[i].step_count) continue;
      ASSERT_OK_AND_ASSIGN(together[i], engine->Finish(*runs[i]));
      ++finished;
    }
  }
  for (size_t i = 0; i < inputs.size(); ++i) EXPECT_EQ(together[i], alone[i]) << "request " << i;
}

INSTANTIATE_TEST_SUITE_P(Engines, PriorBatchTest,
                         testing::Combine(testing::Values("models/shapes32/text-to-image",
                                                          "tests/goldens/odd-shapes/text-to-image"),
                                          testing::Values("float32", "bfloat16"), testing::Values(1, 2)));

}  // namespace
}  // namespace unclip::prior
