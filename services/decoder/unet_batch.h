// The rows of several runs in one forward pass of a UNet.
#ifndef UNCLIP_SERVICES_DECODER_UNET_BATCH_H_
#define UNCLIP_SERVICES_DECODER_UNET_BATCH_H_

#include <ATen/core/Tensor.h>

#include <vector>

#include "model/row_lanes.h"
#include "model/step_graphs.h"
#include "services/decoder/deep_feature_cache.h"
#include "services/decoder/unet.h"

namespace unclip::decoder {

// In the parts that the runs have, one below the other.
struct UnetBatch {
  std::vector<at::Tensor> x;                            // [R_i, C, H, W] each
  std::vector<at::Tensor> time;                         // [R_i, P] each
  std::vector<const Unet::ProjectedContext*> contexts;  // of R_i rows each; empty where the network has no attention
  std::vector<CachedRows> rows;                         // one for each run
  bool reuses_features = false;                         // all of them, or none
};

// The UNet's output for all rows, [R, out_channels, H, W]. Spreads them over `lanes`, if there are as many, unless that is null.
at::Tensor ForwardSpread(const Unet& unet, const UnetBatch& batch, model::RowLanes* lanes);

// The same, recorded by `graphs`, which `unet` must outlive.
at::Tensor ForwardRecorded(const Unet& unet, const UnetBatch& batch, model::StepGraphs& graphs);

}  // namespace unclip::decoder

#endif  // UNCLIP_SERVICES_DECODER_UNET_BATCH_H_
