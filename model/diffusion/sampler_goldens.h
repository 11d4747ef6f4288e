// Runs of the reference's samplers, recorded by tests/goldens/samplers/make_expected.py, for tests.
#ifndef UNCLIP_MODEL_DIFFUSION_SAMPLER_GOLDENS_H_
#define UNCLIP_MODEL_DIFFUSION_SAMPLER_GOLDENS_H_

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "model/diffusion/sampler.h"
#include "model/diffusion/unclip_scheduler.h"
#include "model/weights/safetensors_file.h"

namespace unclip::model {

// One recorded run.
struct SamplerCase {
  std::string name;  // in the file: SAMPLER/PREDICTION/CLIP/STEPS/TABLES
  SamplerOptions sampler;
  UnclipScheduler::Options scheduler;
};

// The file with the recorded runs; reads tests/goldens/samplers, which a test has to name in its `data`.
class SamplerGoldens {
 public:
  static absl::StatusOr<SamplerGoldens> Open();

  // Every run whose name starts with `prefix`.
  absl::StatusOr<std::vector<SamplerCase>> Cases(absl::string_view prefix) const;

  // Runs `sampler_case` here. Returns max |sample - recorded| / max |recorded| of the step where it is largest.
  absl::StatusOr<double> WorstDifference(const SamplerCase& sampler_case) const;

 private:
  explicit SamplerGoldens(std::shared_ptr<const SafetensorsFile> file) : file_(std::move(file)) {}

  // The float32 tensor `name`, which the file holds.
  at::Tensor Get(const std::string& name) const;

  std::shared_ptr<const SafetensorsFile> file_;
};

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_DIFFUSION_SAMPLER_GOLDENS_H_
