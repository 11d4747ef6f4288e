// The autoregressive prior as the service has it, with random weights.
#include "services/prior/autoregressive_prior_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "base/status_matchers.h"
#include "model/weights/safetensors_writer.h"
#include "services/prior/prior_engine_factory.h"
#include "services/prior/random_autoregressive.h"
#include "services/prior/varied_prior_input.h"

namespace unclip::prior {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

// Keeps what it hands out.
class KeepingSource final : public model::ParameterSource {
 public:
  at::Tensor Get(const std::string& name, const std::vector<int64_t>& shape) override {
    kept_.emplace_back(name, random_.Get(name, shape));
    return kept_.back().second;
  }
  bool Has(const std::string& /*name*/) const override { return true; }
  absl::Status status() const override { return absl::OkStatus(); }

  absl::Status Write(const std::string& path) const {
    std::vector<model::SafetensorsWriter::Declaration> declarations;
    for (const auto& [name, tensor] : kept_) declarations.push_back({.name = name, .shape = tensor.sizes().vec()});
    auto writer = model::SafetensorsWriter::Create(path, declarations);
    if (!writer.ok()) return writer.status();
    for (const auto& [name, tensor] : kept_) {
      const auto* data = reinterpret_cast<const std::byte*>(tensor.const_data_ptr<float>());
      if (absl::Status status = (*writer)->Append(absl::MakeConstSpan(data, tensor.nbytes())); !status.ok()) return status;
    }
    return (*writer)->Close();
  }

 private:
  RandomSource random_;
  std::vector<std::pair<std::string, at::Tensor>> kept_;
};

class AutoregressivePriorEngineTest : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = fs::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::create_directories(dir_ / "prior_autoregressive");
    std::ofstream(dir_ / "model_index.json") << R"({"prior": ["diffusers", "PriorTransformer"]})";
    std::ofstream(dir_ / "prior_autoregressive/config.json")
        << R"({"_class_name": "UnclipAutoregressivePrior", "num_attention_heads": 2, "attention_head_dim": 8, "num_layers": 2,)"
        << R"("embedding_dim": 12, "num_embeddings": 7, "num_components": 5, "num_buckets": 6, "num_dot_product_buckets": 4})";
    KeepingSource source;
    const AutoregressiveTransformer network(TinyAutoregressiveConfig(), source);
    ASSERT_OK(source.Write((dir_ / "prior_autoregressive/diffusion_pytorch_model.safetensors").string()));
  }

  absl::StatusOr<std::unique_ptr<PriorEngine>> Load(const std::string& dtype = "float32") const {
    return LoadPriorEngine({.kind = PriorKind::kAutoregressive, .checkpoint = dir_.string(), .dtype = dtype, .thread_count = 1});
  }

  static absl::Status Ignore(int /*step*/) { return absl::OkStatus(); }

  fs::path dir_;
};

TEST_F(AutoregressivePriorEngineTest, TakesAStepForEachCodeAndNoOtherNumber) {
  ASSERT_OK_AND_ASSIGN(const auto engine, Load());
  const PriorModelInfo& info = engine->info();
  EXPECT_EQ(info.embedding_dim, 12);
  EXPECT_EQ(info.context_length, 7);
  EXPECT_EQ(info.step_count.minimum, 5);
  EXPECT_EQ(info.step_count.maximum, 5);
  EXPECT_EQ(info.step_count.default_value, 5);
  EXPECT_EQ(info.fingerprint.size(), 64u);
  EXPECT_GT(info.parameter_count, 0);
  EXPECT_GT(info.step_duration, absl::ZeroDuration());
}

TEST_F(AutoregressivePriorEngineTest, GivesTheSameBitsAloneAndBesideOthers) {
  for (const char* dtype : {"float32", "bfloat16"}) {
    ASSERT_OK_AND_ASSIGN(const auto engine, Load(dtype));
    const std::vector<SamplePriorInput> inputs = {VariedPriorInput(engine->info(), 0, 1, 5, 1),
                                                  VariedPriorInput(engine->info(), 1, 3, 5, 4),
                                                  VariedPriorInput(engine->info(), 2, 2, 5, 3)};
    std::vector<std::unique_ptr<PriorRun>> runs;
    // One joins at each step.
    for (size_t step = 0; step < 5 + inputs.size() - 1; ++step) {
      if (step < inputs.size()) {
        ASSERT_OK_AND_ASSIGN(std::unique_ptr<PriorRun> run, engine->Start(inputs[step]));
        runs.push_back(std::move(run));
      }
      std::vector<PriorRun*> batch;
      for (size_t i = 0; i < runs.size(); ++i) {
        if (step < i + 5) batch.push_back(runs[i].get());
      }
      for (const absl::Status& status : engine->Step(batch)) ASSERT_OK(status);
    }
    for (size_t i = 0; i < inputs.size(); ++i) {
      ASSERT_OK_AND_ASSIGN(const auto together, engine->Finish(*runs[i]));
      ASSERT_OK_AND_ASSIGN(const auto alone, engine->Sample(inputs[i], Ignore));
      EXPECT_EQ(together, alone) << dtype << ", request " << i;
      EXPECT_EQ(together.size(), static_cast<size_t>(inputs[i].candidate_count));
    }
  }
}

TEST_F(AutoregressivePriorEngineTest, ReadsNoSampler) {
  ASSERT_OK_AND_ASSIGN(const auto engine, Load());
  SamplePriorInput input = VariedPriorInput(engine->info(), 1, 2, 5, 4);
  ASSERT_OK_AND_ASSIGN(const auto expected, engine->Sample(input, Ignore));
  input.sampling.kind = model::SamplerKind::kDpmSolver;
  ASSERT_OK_AND_ASSIGN(const auto actual, engine->Sample(input, Ignore));
  EXPECT_EQ(actual, expected);
}

TEST_F(AutoregressivePriorEngineTest, StopsAtTheNextStepWhenToldTo) {
  ASSERT_OK_AND_ASSIGN(const auto engine, Load());
  std::vector<int> steps;
  const auto result = engine->Sample(VariedPriorInput(engine->info(), 1, 2, 5, 4), [&](int step) {
    steps.push_back(step);
    return step == 2 ? absl::CancelledError("the caller left") : absl::OkStatus();
  });
  EXPECT_THAT(result, StatusIs(absl::StatusCode::kCancelled, "the caller left"));
  EXPECT_THAT(steps, ElementsAre(1, 2));
}

TEST_F(AutoregressivePriorEngineTest, SaysWhenACheckpointHasNone) {
  fs::remove(dir_ / "prior_autoregressive/diffusion_pytorch_model.safetensors");
  EXPECT_THAT(Load(), StatusIs(absl::StatusCode::kNotFound,
                               AllOf(HasSubstr("prior_autoregressive"), HasSubstr("unclip train autoregressive-prior"))));
}

TEST_F(AutoregressivePriorEngineTest, RefusesNumbersThatOverflow) {
  ASSERT_OK_AND_ASSIGN(const auto engine, Load());
  SamplePriorInput input = VariedPriorInput(engine->info(), 1, 1, 5, 4);
  std::fill(input.text.hidden_states.begin(), input.text.hidden_states.end(), 3e38F);
  EXPECT_THAT(engine->Sample(input, Ignore), StatusIs(absl::StatusCode::kInternal, HasSubstr("not finite")));
}

}  // namespace
}  // namespace unclip::prior
