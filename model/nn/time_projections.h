// What every residual block of a UNet is told of the timestep, computed by one matrix product.
#ifndef UNCLIP_MODEL_NN_TIME_PROJECTIONS_H_
#define UNCLIP_MODEL_NN_TIME_PROJECTIONS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "model/nn/layers.h"
#include "model/nn/parameter_source.h"

namespace unclip::model {

// Each block of the reference projects the activated time embedding by itself, at every step. The timesteps of a run are known
// when it begins, so here all blocks' projections of all its steps are one product, whose rows the steps then read. A plain
// value; const and thread-safe once finished.
class TimeProjections {
 public:
  // Where one block's values lie in a row.
  struct Slice {
    int64_t offset = 0;
    int64_t width = 0;
  };

  // Announces the projection PREFIX ([width, in_features] and [width]) of one block.
  Slice Add(const std::string& prefix, int64_t width);

  // Takes in all that were announced. Call once, after the last Add().
  void Finish(ParameterSource& source, int64_t in_features);

  // Activated time embeddings [M, in_features] -> [M, the sum of all widths], float32.
  at::Tensor operator()(const at::Tensor& activated_time) const;

 private:
  std::vector<Linear::Part> parts_;
  int64_t width_ = 0;
  Linear projection_;
};

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_NN_TIME_PROJECTIONS_H_
