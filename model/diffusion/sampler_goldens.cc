#include "model/diffusion/sampler_goldens.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "model/weights/tensor_entry.h"

namespace unclip::model {
namespace {

constexpr char kPath[] = "tests/goldens/samplers/expected.safetensors";
constexpr double kClipRange = 0.75;

// The formulas of make_expected.py, in its order of operations.
at::Tensor AskModel(UnclipScheduler::PredictionType prediction, const at::Tensor& x, double t) {
  const at::Tensor bounded = x / (x * x + 1);
  if (prediction == UnclipScheduler::PredictionType::kSample) return x * 0.5 + bounded * (1 - t / 2000);
  return x * (t / (t + 1)) - bounded * ((1000 - t) / 2000);
}

absl::StatusOr<SamplerCase> ParseCase(const std::string& name) {
  const std::vector<std::string> parts = absl::StrSplit(name, '/');
  SamplerCase parsed;
  parsed.name = name;
  if (parts.size() != 5 || !absl::SimpleAtoi(parts[3], &parsed.sampler.step_count)) {
    return absl::InvalidArgumentError(absl::StrCat(kPath, ": ", name, " names no case"));
  }
  parsed.sampler.kind = SamplerKind::kDpmSolver;
  absl::string_view sampler = parts[0];
  if (absl::ConsumePrefix(&sampler, "ddim-")) {
    parsed.sampler.kind = SamplerKind::kDdim;
    if (!absl::SimpleAtod(sampler, &parsed.sampler.eta)) {
      return absl::InvalidArgumentError(absl::StrCat(kPath, ": ", name, " has no eta"));
    }
  }
  parsed.scheduler.prediction_type =
      parts[1] == "sample" ? UnclipScheduler::PredictionType::kSample : UnclipScheduler::PredictionType::kEpsilon;
  parsed.scheduler.clip_sample = parts[2] == "clip";
  parsed.scheduler.clip_sample_range = kClipRange;
  return parsed;
}

}  // namespace

absl::StatusOr<SamplerGoldens> SamplerGoldens::Open() {
  ASSIGN_OR_RETURN(std::shared_ptr<const SafetensorsFile> file, SafetensorsFile::Open(kPath));
  return SamplerGoldens(std::move(file));
}

at::Tensor SamplerGoldens::Get(const std::string& name) const {
  const TensorEntry* entry = file_->Find(name);
  TORCH_CHECK(entry != nullptr && entry->dtype == Dtype::kF32, kPath, " has no float32 tensor ", name);
  // The clone aligns the data, which the file does not promise to.
  return at::from_blob(const_cast<std::byte*>(entry->data.data()), entry->shape, at::TensorOptions().dtype(at::kFloat)).clone();
}

absl::StatusOr<std::vector<SamplerCase>> SamplerGoldens::Cases(absl::string_view prefix) const {
  std::vector<SamplerCase> cases;
  for (const std::string& name : file_->names()) {
    if (!absl::StartsWith(name, prefix)) continue;
    ASSIGN_OR_RETURN(SamplerCase parsed, ParseCase(name));
    cases.push_back(std::move(parsed));
  }
  return cases;
}

absl::StatusOr<double> SamplerGoldens::WorstDifference(const SamplerCase& sampler_case) const {
  const UnclipScheduler scheduler(sampler_case.scheduler);
  ASSIGN_OR_RETURN(const std::unique_ptr<Sampler> sampler, MakeSampler(scheduler, sampler_case.sampler));
  const at::Tensor expected = Get(sampler_case.name);  // [steps, N, C, L]
  const at::Tensor noise = Get("noise");               // [steps, N, C, L]
  const int step_count = static_cast<int>(sampler->timesteps().size());
  if (expected.size(0) != step_count) {
    return absl::InternalError(absl::StrCat(step_count, " timesteps, but ", expected.size(0), " recorded samples"));
  }
  at::Tensor x = Get("start");  // [N, C, L]
  double worst = 0;
  for (int i = 0; i < step_count; ++i) {
    const at::Tensor output = AskModel(sampler_case.scheduler.prediction_type, x, sampler->timesteps()[i]);
    x = sampler->Advance(i, output, x, sampler->NeedsNoise(i) ? noise[i] : at::Tensor()).previous_sample;
    worst = std::max(worst, ((x - expected[i]).abs().max() / expected[i].abs().max()).item<double>());
  }
  return worst;
}

}  // namespace unclip::model
