#include "model/nn/group_norm.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/group_norm.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/silu.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "model/threads.h"

namespace unclip::model {
namespace {

// Weights by name.
class MapSource final : public ParameterSource {
 public:
  explicit MapSource(std::map<std::string, at::Tensor> tensors) : tensors_(std::move(tensors)) {}
  at::Tensor Get(const std::string& name, const std::vector<int64_t>& /*shape*/) override { return tensors_.at(name); }
  bool Has(const std::string& name) const override { return tensors_.count(name) > 0; }
  absl::Status status() const override { return absl::OkStatus(); }

 private:
  std::map<std::string, at::Tensor> tensors_;
};

constexpr int64_t kChannels = 40;  // no multiple of a vector's length
constexpr int64_t kGroups = 4;

class GroupNormTest : public testing::TestWithParam<std::tuple<at::MemoryFormat, at::ScalarType>> {
 protected:
  at::Tensor Input(int64_t samples) const {
    const auto [format, dtype] = GetParam();
    return (at::randn({samples, kChannels, 9, 7}) * 3 + 5).to(dtype).contiguous(format);
  }

  // What LibTorch's own operators give in double.
  at::Tensor Expected(const at::Tensor& x, const NormModulation& modulation) const {
    const auto expand = [](const at::Tensor& rows) { return rows.to(at::kDouble).unsqueeze(-1).unsqueeze(-1); };
    at::Tensor y = x.to(at::kDouble);
    if (modulation.add.defined()) y = y + expand(modulation.add);
    y = at::group_norm(y, kGroups, weight_.to(at::kDouble), bias_.to(at::kDouble), 1e-5);
    if (modulation.scale.defined()) y = y * (1 + expand(modulation.scale)) + expand(modulation.shift);
    return modulation.silu ? at::silu(y) : y;
  }

  void ExpectClose(const at::Tensor& actual, const at::Tensor& expected) const {
    const double tolerance = std::get<1>(GetParam()) == at::kFloat ? 2e-6 : 0.02;
    EXPECT_EQ(actual.scalar_type(), std::get<1>(GetParam()));
    EXPECT_TRUE(actual.is_contiguous(std::get<0>(GetParam())));
    EXPECT_LE((actual.to(at::kDouble) - expected).abs().max().item<double>(), tolerance * expected.abs().max().item<double>());
  }

  const at::Tensor weight_ = at::randn({kChannels});
  const at::Tensor bias_ = at::randn({kChannels});
  MapSource source_{{{"norm.weight", weight_}, {"norm.bias", bias_}}};
  const GroupNorm norm_{source_, "norm", kGroups, kChannels, 1e-5};
};

TEST_P(GroupNormTest, EqualsTheOperatorsItStandsFor) {
  const at::Tensor x = Input(3);
  const at::Tensor rows = at::randn({3, 2 * kChannels});  // strided, as blocks see them
  const at::Tensor scale = rows.narrow(1, 0, kChannels), shift = rows.narrow(1, kChannels, kChannels);
  for (const NormModulation& modulation : {NormModulation{}, NormModulation{.add = {}, .scale = {}, .shift = {}, .silu = true},
                                           NormModulation{.add = scale, .scale = {}, .shift = {}, .silu = true},
                                           NormModulation{.add = {}, .scale = scale, .shift = shift, .silu = true},
                                           NormModulation{.add = shift, .scale = scale, .shift = shift, .silu = false}}) {
    ExpectClose(norm_(x, modulation), Expected(x, modulation));
  }
}

TEST_P(GroupNormTest, GivesASampleTheSameBitsInAnyBatchAndOnAnyThreads) {
  const at::Tensor x = Input(5);
  UseThreads(1);
  const at::Tensor expected = norm_(x);
  for (const int threads : {1, 2, 3}) {
    UseThreads(threads);
    for (int64_t i = 0; i < 5; ++i) EXPECT_TRUE(norm_(x.narrow(0, i, 1)).equal(expected.narrow(0, i, 1))) << threads << " " << i;
  }
}

TEST_P(GroupNormTest, TakesExtremeValuesAsTheyAre) {
  const at::Tensor x = Input(1);
  EXPECT_TRUE(norm_(x * 0, {.add = {}, .scale = {}, .shift = {}, .silu = true}).isfinite().all().item<bool>());
  const at::Tensor large = at::randn({1, kChannels}) * 1e4;  // SiLU of thousands: no overflow of its exponential
  ExpectClose(norm_(x, {.add = {}, .scale = large, .shift = large, .silu = true}),
              Expected(x, {.add = {}, .scale = large, .shift = large, .silu = true}));
  EXPECT_FALSE(norm_(x / 0.0).isfinite().any().item<bool>());  // a fault is passed on, for the sampler to see
}

// What GPUs get.
TEST(GroupNormTest, OfLibTorchsOperatorsGivesTheSameAsTheKernel) {
  const at::Tensor weight = at::randn({kChannels}), bias = at::randn({kChannels});
  MapSource source({{"norm.weight", weight}, {"norm.bias", bias}});
  const GroupNorm norm(source, "norm", kGroups, kChannels, 1e-5);
  const at::Tensor x = at::randn({3, kChannels, 9, 7}).contiguous(at::MemoryFormat::ChannelsLast);
  const auto rows = [] { return at::randn({3, kChannels}); };
  const NormModulation none = {};
  const NormModulation added = {.add = rows(), .scale = {}, .shift = {}, .silu = true};
  const NormModulation scaled = {.add = {}, .scale = rows(), .shift = rows(), .silu = true};
  for (const NormModulation& modulation : {none, added, scaled}) {
    const at::Tensor before = x.to(at::kDouble);
    const at::Tensor composed = norm(before, modulation);  // there is no kernel for double
    EXPECT_EQ(composed.scalar_type(), at::kDouble);
    EXPECT_TRUE(before.equal(x.to(at::kDouble))) << "the input was written to";
    EXPECT_LE((composed - norm(x, modulation).to(at::kDouble)).abs().max().item<double>(), 2e-5);
  }
}

INSTANTIATE_TEST_SUITE_P(Layouts, GroupNormTest,
                         testing::Combine(testing::Values(at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast),
                                          testing::Values(at::kFloat, at::kBFloat16)));

}  // namespace
}  // namespace unclip::model
