// Layers are built from parameters that require gradients, and gradients reach all of them: the same as those of LibTorch's
// operators, written out plainly.
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/group_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/randn_like.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>
#include <utility>

#include "model/nn/added_kv_attention.h"
#include "model/nn/attention.h"
#include "model/nn/conv2d.h"
#include "model/nn/layers.h"
#include "model/nn/leaf_source.h"
#include "model/nn/resnet_block.h"
#include "model/nn/time_projections.h"

namespace unclip::model {
namespace {

constexpr int64_t kGroups = 2;

class LayerGradientsTest : public testing::Test {
 protected:
  static at::Tensor Input(at::IntArrayRef shape) {
    at::Tensor x = at::randn(shape);
    return (x.dim() == 4 ? x.contiguous(at::MemoryFormat::ChannelsLast) : x).requires_grad_();
  }

  const at::Tensor& Leaf(const std::string& name) const { return source_.leaves().at(name); }

  // What the layers stand for.
  at::Tensor PlainLinear(const std::string& prefix, const at::Tensor& x) const {
    return at::linear(x, Leaf(prefix + ".weight"), Leaf(prefix + ".bias"));
  }
  at::Tensor PlainConv(const std::string& prefix, const at::Tensor& x) const {
    const at::Tensor& weight = Leaf(prefix + ".weight");
    return at::conv2d(x, weight, Leaf(prefix + ".bias"), 1, weight.size(2) / 2);
  }
  at::Tensor PlainNorm(const std::string& prefix, const at::Tensor& x) const {
    return at::group_norm(x, kGroups, Leaf(prefix + ".weight"), Leaf(prefix + ".bias"));
  }

  // The gradients of all parameters and of the layer's inputs by name.
  std::map<std::string, at::Tensor> Gradients(const at::Tensor& y, const at::Tensor& dy) const {
    y.backward(dy);
    std::map<std::string, at::Tensor> gradients;
    auto leaves = source_.leaves();
    leaves.insert(inputs_.begin(), inputs_.end());
    for (const auto& [name, leaf] : leaves) {
      EXPECT_TRUE(leaf.grad().defined()) << name;
      gradients[name] = leaf.grad();
      leaf.mutable_grad().reset();
    }
    return gradients;
  }

  void ExpectSameGradients(const at::Tensor& y, const at::Tensor& plain) const {
    EXPECT_LE((y - plain).abs().max().item<float>(), 1e-4);
    const at::Tensor dy = at::randn_like(plain);
    const auto expected = Gradients(plain, dy);
    for (const auto& [name, gradient] : Gradients(y, dy)) {
      const at::Tensor& wanted = expected.at(name);
      EXPECT_LE((gradient - wanted).abs().max().item<float>(), 1e-4 * (1 + wanted.abs().max().item<float>())) << name;
    }
  }

  LeafSource source_;
  std::map<std::string, at::Tensor> inputs_;
};

TEST_F(LayerGradientsTest, ReachEachPartOfALinear) {
  const Linear linear(source_, {{.prefix = "a", .out_features = 5}, {.prefix = "b", .out_features = 3}}, 7);
  const at::Tensor x = inputs_["x"] = Input({4, 7});
  ExpectSameGradients(linear(x), at::cat({PlainLinear("a", x), PlainLinear("b", x)}, 1));
}

TEST_F(LayerGradientsTest, ReachASingleLinearAndOneOfASingleRow) {
  const Linear linear(source_, "a", 7, 5);
  for (const int64_t rows : {1, 4}) {
    const at::Tensor x = inputs_["x"] = Input({rows, 7});
    ExpectSameGradients(linear(x), PlainLinear("a", x));
  }
}

TEST_F(LayerGradientsTest, ReachAConvolutionAndWhatIsAddedToIt) {
  const Conv2d conv(source_, "conv", {.in_channels = 4, .out_channels = 6, .size = 8});
  const at::Tensor x = inputs_["x"] = Input({2, 4, 8, 8});
  ExpectSameGradients(conv(x), PlainConv("conv", x));
  const at::Tensor other = inputs_["other"] = Input({2, 6, 8, 8});
  ExpectSameGradients(conv.AddTo(other, x), PlainConv("conv", x) + other);
}

TEST_F(LayerGradientsTest, ReachAResidualBlockAndTheTimeProjections) {
  using TimeMode = ResnetBlock::TimeMode;
  for (const auto& [prefix, mode] : {std::pair<std::string, TimeMode>{"a", TimeMode::kAdd}, {"b", TimeMode::kScaleShift}}) {
    SCOPED_TRACE(prefix);
    source_ = LeafSource();
    TimeProjections projections;
    const ResnetBlock block(source_, prefix,
                            {.in_channels = 4,
                             .out_channels = 6,
                             .group_count = kGroups,
                             .time_mode = mode,
                             .resample = ResnetBlock::Resample::kDown,
                             .size = 4},
                            projections);
    projections.Finish(source_, 5);
    const at::Tensor x = inputs_["x"] = Input({2, 4, 8, 8});
    const at::Tensor time = inputs_["time"] = Input({2, 5});
    const at::Tensor rows = PlainLinear(prefix + ".time_emb_proj", time).unsqueeze(-1).unsqueeze(-1);  // [2, P, 1, 1]
    at::Tensor h = at::avg_pool2d(at::silu(PlainNorm(prefix + ".norm1", x)), 2);                       // [2, 4, 4, 4]
    h = PlainConv(prefix + ".conv1", h);                                                               // [2, 6, 4, 4]
    h = mode == TimeMode::kAdd ? PlainNorm(prefix + ".norm2", h + rows)
                               : PlainNorm(prefix + ".norm2", h) * (1 + rows.narrow(1, 0, 6)) + rows.narrow(1, 6, 6);
    h = PlainConv(prefix + ".conv2", at::silu(h));
    ExpectSameGradients(block(x, projections(time)), h + PlainConv(prefix + ".conv_shortcut", at::avg_pool2d(x, 2)));
  }
}

TEST_F(LayerGradientsTest, ReachAnAttentionAndItsContext) {
  const AddedKvAttention attention(source_, "a", {.channels = 8, .head_dim = 4, .context_dim = 5, .group_count = kGroups});
  const at::Tensor x = inputs_["x"] = Input({2, 8, 3, 3});
  const at::Tensor context = inputs_["context"] = Input({2, 6, 5});
  const at::Tensor mask = at::zeros({2, 1, 1, 15});
  mask.narrow(3, 4, 2).fill_(kMaskedScore);
  const at::Tensor h = PlainNorm("a.group_norm", x).flatten(2).transpose(1, 2);                       // [2, 9, 8]
  const at::Tensor k = at::cat({PlainLinear("a.add_k_proj", context), PlainLinear("a.to_k", h)}, 1);  // [2, 15, 8]
  const at::Tensor v = at::cat({PlainLinear("a.add_v_proj", context), PlainLinear("a.to_v", h)}, 1);  // [2, 15, 8]
  const at::Tensor q = SplitHeads(PlainLinear("a.to_q", h), 2);                                       // [2, 2, 9, 4]
  const at::Tensor scores = at::matmul(q, SplitHeads(k, 2).transpose(2, 3)) / std::sqrt(4.0) + mask;  // [2, 2, 9, 15]
  const at::Tensor attended = MergeHeads(at::matmul(at::softmax(scores, -1), SplitHeads(v, 2)));      // [2, 9, 8]
  const at::Tensor out = PlainLinear("a.to_out.0", attended).transpose(1, 2).reshape({2, 8, 3, 3});   // [2, 8, 3, 3]
  ExpectSameGradients(attention(x, attention.ProjectContext(context), mask), out + x);
}

TEST_F(LayerGradientsTest, ReachFloat32ParametersThroughLayersOfBfloat16) {
  source_ = LeafSource(at::kBFloat16);
  TimeProjections projections;
  const ResnetBlock block(source_, "block", {.in_channels = 4, .out_channels = 6, .group_count = kGroups, .size = 8},
                          projections);
  projections.Finish(source_, 5);
  const AddedKvAttention attention(source_, "attention",
                                   {.channels = 6, .head_dim = 3, .context_dim = 5, .group_count = kGroups});
  const at::Tensor h = block(Input({2, 4, 8, 8}).to(at::kBFloat16), projections(Input({2, 5}).to(at::kBFloat16)));
  const at::Tensor context = attention.ProjectContext(Input({2, 3, 5}).to(at::kBFloat16));
  const at::Tensor y = attention(h, context, at::zeros({2, 1, 1, 67}, at::kBFloat16));
  for (const auto& [name, gradient] : Gradients(y, at::randn_like(y))) {
    EXPECT_EQ(gradient.scalar_type(), at::kFloat) << name;
    EXPECT_TRUE(gradient.isfinite().all().item<bool>()) << name;
  }
}

}  // namespace
}  // namespace unclip::model
