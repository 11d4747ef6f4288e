// What is asked of a sampler. Free of LibTorch, so that interfaces can carry it.
#ifndef UNCLIP_MODEL_DIFFUSION_SAMPLER_OPTIONS_H_
#define UNCLIP_MODEL_DIFFUSION_SAMPLER_OPTIONS_H_

namespace unclip::model {

enum class SamplerKind {
  kAncestral,  // the reference's: UnclipScheduler
  kDdim,       // DdimSampler
  kDpmSolver,  // DpmSolverSampler
};

struct SamplerOptions {
  SamplerKind kind = SamplerKind::kAncestral;
  int step_count = 2;
  double eta = 0;  // how much of ancestral sampling's noise kDdim adds, 0 to 1
};

// The steps of a run that are guided: those whose share of the run, step index / step count, lies in [start, end). Source:
// Kynkäänniemi et al. 2024 (2404.07724) §3, which gives the interval in noise levels; shares of the run are those of the
// reference's control_guidance_start and control_guidance_end (pipelines/controlnet).
struct GuidanceInterval {
  double start = 0;
  double end = 1;

  bool Covers(int step, int step_count) const {
    const double share = static_cast<double>(step) / step_count;
    return share >= start && share < end;
  }
};

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_DIFFUSION_SAMPLER_OPTIONS_H_
