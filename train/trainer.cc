#include "train/trainer.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>

#include <cmath>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "model/torch_guard.h"
#include "train/tensor_file.h"
#include "train/training_state.h"

namespace unclip::train {
namespace {

// SplitMix64: neighbouring steps get seeds that have nothing in common.
uint64_t Mix(uint64_t seed, uint64_t step) {
  uint64_t x = seed + (step + 1) * 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

// One run.
class Run {
 public:
  Run(TrainingStage& stage, const HeldOut& held_out, const TrainingFolder& folder, TrainerOptions options, std::string dir,
      GradientExchange& exchange, TrainingLog& log)
      : stage_(stage),
        held_out_(held_out),
        folder_(folder),
        options_(std::move(options)),
        dir_(std::move(dir)),
        exchange_(exchange),
        log_(log),
        parameters_(stage.parameters()),
        optimizer_(options_.optimizer, parameters_) {}

  // Takes the run up, or begins it.
  absl::Status Begin(const Dataset& data);
  absl::Status Loop(const Dataset& data, const std::atomic<bool>& stop);

 private:
  std::string StatePath() const { return dir_ + "/state.safetensors"; }

  // One step of the optimizer; what there is to know of it is added to `figures`. Returns whether all processes stop after it.
  absl::StatusOr<bool> Step(ExampleLoader& loader, const std::atomic<bool>& stop, Figures& figures);
  // Shares the gradients; returns whether all processes stop.
  absl::StatusOr<bool> Share(bool stop);
  absl::StatusOr<double> Accumulate(ExampleLoader& loader, int index, Figures& figures);
  absl::Status KeepBadBatch(const TrainingBatch& batch, absl::string_view what);
  absl::Status Validate();
  absl::Status Save();

  TrainingStage& stage_;
  const HeldOut& held_out_;
  const TrainingFolder& folder_;
  const TrainerOptions options_;
  const std::string dir_;
  GradientExchange& exchange_;
  TrainingLog& log_;
  const std::vector<TrainableParameters*> parameters_;
  Optimizer optimizer_;
  TrainingBatch last_batch_;
};

absl::Status Run::Begin(const Dataset& data) {
  std::error_code error;
  if (std::filesystem::exists(StatePath(), error)) {
    ASSIGN_OR_RETURN(const int64_t steps, LoadTrainingState(StatePath(), parameters_));
    optimizer_.set_step_count(steps);
    log_.Say(absl::StrCat("taken up at step ", steps, " of ", options_.steps));
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const int found, LoadComponents(folder_, parameters_));
  int64_t count = 0;
  for (const TrainableParameters* each : parameters_) count += each->parameter_count();
  log_.Say(
      absl::StrCat("begins with ", found > 0 ? "the weights in the checkpoint" : "random weights", ", ", count, " parameters"));
  return stage_.Prepare(data);
}

absl::StatusOr<double> Run::Accumulate(ExampleLoader& loader, int index, Figures& figures) {
  ASSIGN_OR_RETURN(ExampleBatch examples, loader.Next());
  last_batch_ = ToTrainingBatch(std::move(examples));
  const uint64_t place = static_cast<uint64_t>(optimizer_.step_count()) * options_.accumulate + index;
  at::Generator random =
      at::make_generator<at::CPUGeneratorImpl>(Mix(options_.seed + 0x51ED27ULL * static_cast<uint64_t>(exchange_.rank()), place));
  const at::Tensor loss = stage_.Loss(last_batch_, options_.compute_type, random, figures);
  const double value = loss.item<double>();
  if (!std::isfinite(value)) return KeepBadBatch(last_batch_, "the loss");
  (options_.accumulate == 1 ? loss : loss / options_.accumulate).backward();
  return value;
}

absl::StatusOr<bool> Run::Share(bool stop) {
  std::vector<at::Tensor> shared = optimizer_.Gradients();
  // Processes that did not begin at the same step would go apart.
  shared.push_back(at::full({1}, static_cast<double>(optimizer_.step_count()), at::kFloat));
  ASSIGN_OR_RETURN(stop, exchange_.Average(shared, stop));
  const auto step = static_cast<int64_t>(shared.back().item<double>());
  if (step == optimizer_.step_count()) return stop;
  return absl::InvalidArgumentError(absl::StrCat("this process is at step ", optimizer_.step_count(),
                                                 ", others are not (their mean is ", step,
                                                 "); all must begin with the same folder"));
}

absl::StatusOr<bool> Run::Step(ExampleLoader& loader, const std::atomic<bool>& stop, Figures& figures) {
  double loss = 0;
  for (int i = 0; i < options_.accumulate; ++i) {
    Figures of_batch;
    ASSIGN_OR_RETURN(const double value, Accumulate(loader, i, of_batch));
    loss += value / options_.accumulate;
    if (i == 0) figures = std::move(of_batch);
  }
  ASSIGN_OR_RETURN(const bool stops, Share(stop));
  const double norm = optimizer_.GradientNorm();
  if (!std::isfinite(norm)) return KeepBadBatch(last_batch_, "a gradient");
  LearningRate rate = options_.learning_rate;
  rate.steps = options_.steps;
  const double learning_rate = rate.At(optimizer_.step_count());
  optimizer_.Step(learning_rate, norm);
  figures.insert(figures.begin(), {{"loss", loss}, {"gradient_norm", norm}, {"learning_rate", learning_rate}});
  return stops;
}

absl::Status Run::KeepBadBatch(const TrainingBatch& batch, absl::string_view what) {
  const std::string path = dir_ + "/bad-batch.safetensors";
  TensorFile file = {
      .tensors = {{"pictures", batch.pictures.contiguous()}},
      .metadata = {{"captions", absl::StrJoin(batch.captions, "\n")}, {"step", absl::StrCat(optimizer_.step_count())}}};
  RETURN_IF_ERROR(WriteTensorFile(path, file));
  RETURN_IF_ERROR(SaveTrainingState(dir_ + "/bad-state.safetensors", parameters_, optimizer_.step_count()));
  return absl::InternalError(absl::StrCat("step ", optimizer_.step_count(), ": ", what, " is not finite; the batch is in ", path,
                                          ", the parameters beside it. A lower learning rate or precision float32 may help"));
}

absl::Status Run::Validate() {
  const std::string grid = absl::StrFormat("%s/samples-%06d.png", dir_, optimizer_.step_count());
  ASSIGN_OR_RETURN(const Figures figures, stage_.Validate(held_out_, grid));
  log_.Validated(optimizer_.step_count(), figures);
  return absl::OkStatus();
}

absl::Status Run::Save() {
  RETURN_IF_ERROR(SaveTrainingState(StatePath(), parameters_, optimizer_.step_count()));
  return SaveComponents(folder_, parameters_, options_.saved_type);
}

absl::Status Run::Loop(const Dataset& data, const std::atomic<bool>& stop) {
  ExampleLoaderOptions loader_options = options_.data;
  loader_options.first_step = optimizer_.step_count() * options_.accumulate;
  loader_options.rank = exchange_.rank();
  loader_options.world_size = exchange_.world_size();
  const bool is_first = exchange_.rank() == 0;
  ASSIGN_OR_RETURN(const std::unique_ptr<ExampleLoader> loader, ExampleLoader::Start(data, loader_options));
  const int64_t pictures = int64_t{options_.accumulate} * loader_options.batch_size * exchange_.world_size();
  const auto is_due = [&](int64_t interval) { return interval > 0 && optimizer_.step_count() % interval == 0; };
  bool stops = false;
  while (optimizer_.step_count() < options_.steps && !stops) {
    Figures figures;
    ASSIGN_OR_RETURN(stops, model::TorchGuardWithGradients([&] { return Step(*loader, stop, figures); }));
    log_.Stepped(optimizer_.step_count(), options_.steps, pictures, figures, loader->seconds_waited());
    const bool is_last = optimizer_.step_count() == options_.steps;
    if (is_first && (is_last || is_due(options_.save_every))) RETURN_IF_ERROR(Save());
    if (is_first && (is_last || is_due(options_.validate_every))) RETURN_IF_ERROR(Validate());
  }
  const SkippedExamples skipped = loader->skipped();
  if (skipped.count > 0) log_.Say(absl::StrCat("skipped ", skipped.count, " bad examples: ", absl::StrJoin(skipped.names, "; ")));
  if (!stops || optimizer_.step_count() == options_.steps) return absl::OkStatus();
  if (is_first) RETURN_IF_ERROR(Save());
  log_.Say(absl::StrCat("stopped at step ", optimizer_.step_count(), "; the same command takes it up again"));
  return absl::CancelledError("stopped");
}

}  // namespace

absl::Status Train(TrainingStage& stage, const Dataset& data, const HeldOut& held_out, const TrainingFolder& folder,
                   const TrainerOptions& options, GradientExchange& exchange, TrainingLog& log, const std::atomic<bool>& stop) {
  ASSIGN_OR_RETURN(std::string dir, folder.RunDir(options.name));
  Run run(stage, held_out, folder, options, std::move(dir), exchange, log);
  RETURN_IF_ERROR(model::TorchGuardWithGradients([&] { return run.Begin(data); }));
  return run.Loop(data, stop);
}

}  // namespace unclip::train
