#include "train/trainer.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/randn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status_matchers.h"
#include "train/data/shapes_world.h"
#include "train/tensor_file.h"

namespace unclip::train {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

// Learns the mean colour of pictures, with some noise.
class MeanStage : public TrainingStage {
 public:
  MeanStage() : parameters_("decoder", [](const model::Parameter& parameter) { return at::full(parameter.shape, 0.5); }) {
    parameters_.Get("mean", {3});
  }

  std::vector<TrainableParameters*> parameters() override { return {&parameters_}; }

  at::Tensor Loss(const TrainingBatch& batch, at::ScalarType /*compute_type*/, at::Generator& random, Figures& figures) override {
    ++losses_;
    if (losses_ == stop_at_ && stop_ != nullptr) *stop_ = true;
    figures.emplace_back("losses", losses_);
    const at::Tensor noise = 0.1 * at::randn({3}, random, at::kFloat);
    const at::Tensor mean = batch.pictures.mean(at::IntArrayRef({0, 2, 3}));  // [3]
    const at::Tensor loss = (parameters_.Get("mean", {3}) - mean - noise).square().sum();
    return losses_ == breaks_at_ ? loss * std::numeric_limits<double>::quiet_NaN() : loss;
  }

  absl::StatusOr<Figures> Validate(const HeldOut& /*held_out*/, const std::string& grid_path) override {
    std::ofstream(grid_path) << "grid";
    return Figures{{"score", 1.0}};
  }

  const TrainableParameters::Entry& mean() const { return *parameters_.Find("mean"); }
  void BreakAt(int loss) { breaks_at_ = loss; }
  void StopAt(int loss, std::atomic<bool>& stop) {
    stop_at_ = loss;
    stop_ = &stop;
  }

 private:
  TrainableParameters parameters_;
  int losses_ = 0;
  int breaks_at_ = -1;
  int stop_at_ = -1;
  std::atomic<bool>* stop_ = nullptr;
};

class TrainerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    dir_ = fs::path(::testing::TempDir()) / ::testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(dir_);
    fs::create_directories(dir_ / "template/text-to-image/decoder");
    std::ofstream(dir_ / "template/text-to-image/model_index.json") << "{}";
  }

  static TrainerOptions Options(int64_t steps) {
    TrainerOptions options;
    options.name = "mean";
    options.steps = steps;
    options.learning_rate = {.peak = 0.05, .warmup_steps = 2, .steps = steps, .final_share = 0.1};
    options.data.batch_size = 4;
    options.data.picture_size = options.data.window_side = 8;
    options.validate_every = 0;
    options.save_every = 1000;
    options.saved_type = at::kFloat;
    return options;
  }

  absl::Status Run(TrainingStage& stage, const TrainerOptions& options, const std::string& out = "out") {
    ASSIGN_OR_RETURN(const TrainingFolder folder, TrainingFolder::Open((dir_ / out).string(), (dir_ / "template").string()));
    ASSIGN_OR_RETURN(const std::string run_dir, folder.RunDir(options.name));
    ASSIGN_OR_RETURN(const std::unique_ptr<TrainingLog> log,
                     TrainingLog::Open(said_, run_dir + "/log.csv", Clock::Real(), absl::ZeroDuration()));
    const std::unique_ptr<GradientExchange> alone = NoExchange();
    return Train(stage, world_, {.data = world_, .judge = {}}, folder, options, *alone, *log, stop_);
  }

  fs::path dir_;
  std::ostringstream said_;
  std::atomic<bool> stop_ = false;
  const ShapesWorld world_{1};
};

TEST_F(TrainerTest, TakesUpARunAsIfItHadNotBeenBrokenOff) {
  MeanStage unbroken;
  ASSERT_OK(Run(unbroken, Options(10), "unbroken"));

  MeanStage first_half;
  first_half.StopAt(5, stop_);
  EXPECT_THAT(Run(first_half, Options(10)), StatusIs(absl::StatusCode::kCancelled, HasSubstr("stopped")));
  stop_ = false;
  MeanStage second_half;
  ASSERT_OK(Run(second_half, Options(10)));
  EXPECT_THAT(said_.str(), HasSubstr("taken up at step 5 of 10"));
  EXPECT_TRUE(at::equal(second_half.mean().value, unbroken.mean().value));
  EXPECT_TRUE(at::equal(second_half.mean().average, unbroken.mean().average));
  EXPECT_TRUE(at::equal(second_half.mean().moment2, unbroken.mean().moment2));
  EXPECT_FALSE(at::equal(first_half.mean().value, unbroken.mean().value));
}

TEST_F(TrainerTest, DependsOnTheSeedAlone) {
  MeanStage one, same, other;
  TrainerOptions options = Options(3);
  ASSERT_OK(Run(one, options, "one"));
  ASSERT_OK(Run(same, options, "same"));
  options.seed = 7;
  ASSERT_OK(Run(other, options, "other"));
  EXPECT_TRUE(at::equal(one.mean().value, same.mean().value));
  EXPECT_FALSE(at::equal(one.mean().value, other.mean().value));
}

TEST_F(TrainerTest, StopsAtALossThatIsNotFiniteAndKeepsTheBatch) {
  MeanStage stage;
  stage.BreakAt(4);
  EXPECT_THAT(Run(stage, Options(10)), StatusIs(absl::StatusCode::kInternal, HasSubstr("step 3: the loss is not finite")));
  ASSERT_OK_AND_ASSIGN(const TensorFile batch, ReadTensorFile((dir_ / "out/training/mean/bad-batch.safetensors").string()));
  EXPECT_EQ(batch.Find("pictures").sizes(), at::IntArrayRef({4, 3, 8, 8}));
  EXPECT_EQ(batch.metadata.at("step"), "3");
  EXPECT_THAT(batch.metadata.at("captions"), HasSubstr("a "));
  EXPECT_TRUE(fs::exists(dir_ / "out/training/mean/bad-state.safetensors"));
}

TEST_F(TrainerTest, WritesTheAveragesAsTheComponentsWeights) {
  MeanStage stage;
  ASSERT_OK(Run(stage, Options(5)));
  ASSERT_OK_AND_ASSIGN(const TensorFile weights,
                       ReadTensorFile((dir_ / "out/text-to-image/decoder/diffusion_pytorch_model.safetensors").string()));
  EXPECT_TRUE(at::equal(weights.Find("mean"), stage.mean().average));
  EXPECT_EQ(weights.metadata.at("format"), "pt");
}

TEST_F(TrainerTest, BeginsWithTheWeightsInTheCheckpoint) {
  MeanStage first;
  ASSERT_OK(Run(first, Options(5)));
  fs::remove_all(dir_ / "out/training");
  MeanStage second;
  second.BreakAt(1);  // before anything is learnt
  EXPECT_THAT(Run(second, Options(5)), StatusIs(absl::StatusCode::kInternal, HasSubstr("step 0")));
  EXPECT_TRUE(at::equal(second.mean().value, first.mean().average));
}

TEST_F(TrainerTest, RefusesTheStateOfAnotherNetwork) {
  fs::create_directories(dir_ / "out/training/mean");
  ASSERT_OK(WriteTensorFile((dir_ / "out/training/mean/state.safetensors").string(),
                            {.tensors = {{"decoder/mean/value", at::full({4}, 1.0)}}, .metadata = {{"steps", "3"}}}));
  MeanStage stage;
  EXPECT_THAT(Run(stage, Options(5)), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("decoder/mean/value of shape [3]")));
}

TEST_F(TrainerTest, RefusesTheWeightsOfAnotherNetwork) {
  fs::create_directories(dir_ / "out/text-to-image/decoder");
  ASSERT_OK(WriteTensorFile((dir_ / "out/text-to-image/decoder/diffusion_pytorch_model.safetensors").string(),
                            {.tensors = {{"deviation", at::full({3}, 1.0)}}, .metadata = {}}));
  MeanStage stage;
  EXPECT_THAT(Run(stage, Options(5)), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("deviation is of another network")));
}

TEST_F(TrainerTest, ValidatesWhenItIsTimeAndAtTheEnd) {
  MeanStage stage;
  TrainerOptions options = Options(5);
  options.validate_every = 2;
  ASSERT_OK(Run(stage, options));
  for (const char* name : {"samples-000002.png", "samples-000004.png", "samples-000005.png"}) {
    EXPECT_TRUE(fs::exists(dir_ / "out/training/mean" / name)) << name;
  }
  EXPECT_THAT(said_.str(), HasSubstr("validation at step 4  score 1"));
}

TEST_F(TrainerTest, WritesATableOfItsFigures) {
  MeanStage stage;
  ASSERT_OK(Run(stage, Options(4)));
  std::ifstream csv(dir_ / "out/training/mean/log.csv");
  std::string header;
  std::getline(csv, header);
  EXPECT_EQ(header, "step,pictures_per_second,loss,gradient_norm,learning_rate,losses");
}

}  // namespace
}  // namespace unclip::train
