#include "train/fitted_codes.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cosine_similarity.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "model/nn/parameter_source.h"
#include "services/prior/embedding_codes.h"

namespace unclip::train {
namespace {

using prior::AutoregressiveConfig;
using prior::EmbeddingCodes;

constexpr int64_t kPictures = 600;

AutoregressiveConfig Config(int components, int buckets) {
  return {.embedding_dim = 8, .num_components = components, .num_buckets = buckets, .num_dot_product_buckets = 4};
}

// Of falling width along turned axes, off the origin.
at::Tensor Embeddings() {
  const at::Tensor widths = at::arange(8, 0, -1, at::kFloat);
  const at::Tensor turned = at::matmul(at::randn({kPictures, 8}) * widths, at::randn({8, 8}));
  return turned + at::arange(8, at::kFloat);
}

// Hands out what was fitted.
class MapSource final : public model::ParameterSource {
 public:
  explicit MapSource(const std::map<std::string, at::Tensor>& values) : values_(values) {}

  at::Tensor Get(const std::string& name, const std::vector<int64_t>& shape) override {
    EXPECT_EQ(values_.at(name).sizes(), at::IntArrayRef(shape)) << name;
    return values_.at(name);
  }
  bool Has(const std::string& name) const override { return values_.contains(name); }
  absl::Status status() const override { return absl::OkStatus(); }

 private:
  const std::map<std::string, at::Tensor>& values_;
};

class FittedCodesTest : public testing::Test {
 protected:
  EmbeddingCodes Fit(const AutoregressiveConfig& config) {
    for (const auto& [name, value] : FitEmbeddingCodes(images_, texts_, config)) fitted_[name] = value;
    MapSource source(fitted_);
    return EmbeddingCodes(config, source);
  }

  at::Tensor images_ = Embeddings();
  at::Tensor texts_ = at::randn({kPictures, 8});
  std::map<std::string, at::Tensor> fitted_;
};

TEST_F(FittedCodesTest, AllComponentsLoseNothing) {
  const EmbeddingCodes codes = Fit(Config(8, 16));
  EXPECT_TRUE(at::allclose(codes.Reconstruct(codes.Project(images_)), images_, 1e-4, 1e-3));
}

TEST_F(FittedCodesTest, ComponentsAreOrthonormalAndTheWidestComeFirst) {
  const EmbeddingCodes codes = Fit(Config(8, 16));
  const at::Tensor components = fitted_[EmbeddingCodes::kComponents];
  EXPECT_TRUE(at::allclose(at::matmul(components, components.t()), at::eye(8), 1e-4, 1e-5));
  const at::Tensor widths = codes.Project(images_).std(0);  // [K]
  EXPECT_TRUE((widths.narrow(0, 0, 7) >= widths.narrow(0, 1, 7)).all().item<bool>());
}

TEST_F(FittedCodesTest, EveryBucketHoldsItsShare) {
  const EmbeddingCodes codes = Fit(Config(3, 16));
  const at::Tensor numbers = codes.Quantize(images_);  // [n, 3]
  for (int bucket = 0; bucket < 16; ++bucket) {
    const at::Tensor counts = (numbers == bucket).sum(0);  // [3]
    EXPECT_GE(counts.min().item<int64_t>(), kPictures / 16) << bucket;
    EXPECT_LE(counts.max().item<int64_t>(), kPictures / 16 + 1) << bucket;
  }
}

TEST_F(FittedCodesTest, ACodeComesBackFromItsEmbedding) {
  const EmbeddingCodes codes = Fit(Config(8, 16));
  const at::Tensor numbers = codes.Quantize(images_);
  EXPECT_TRUE(at::equal(codes.Quantize(codes.Dequantize(numbers)), numbers));
}

TEST_F(FittedCodesTest, MoreBucketsLoseLess) {
  double before = 0;
  for (const int buckets : {2, 8, 64}) {
    const EmbeddingCodes codes = Fit(Config(8, buckets));
    const at::Tensor back = codes.Dequantize(codes.Quantize(images_));
    const double cosine = at::cosine_similarity(back, images_, 1).mean().item<double>();
    EXPECT_GT(cosine, before);
    before = cosine;
  }
  EXPECT_GT(before, 0.99);
}

TEST_F(FittedCodesTest, TheUpperHalfOfDotProductsIsTheirTopHalf) {
  const EmbeddingCodes codes = Fit(Config(2, 4));
  const at::Tensor dot_products = (texts_ * images_).sum(1);
  const at::Tensor is_upper = codes.QuantizeDotProducts(texts_, images_) >= 2;
  EXPECT_EQ(is_upper.sum().item<int64_t>(), kPictures / 2);
  EXPECT_GT(dot_products.masked_select(is_upper).min().item<double>(),
            dot_products.masked_select(is_upper.logical_not()).max().item<double>());
}

TEST_F(FittedCodesTest, EmptyBucketsHaveCentersAtTheirEdges) {
  images_ = images_.narrow(0, 0, 3);
  texts_ = texts_.narrow(0, 0, 3);
  const EmbeddingCodes codes = Fit(Config(2, 16));
  EXPECT_TRUE(at::isfinite(codes.Dequantize(codes.Quantize(images_))).all().item<bool>());
  const at::Tensor centers = fitted_[EmbeddingCodes::kBucketCenters];  // [K, B]
  EXPECT_TRUE((centers.narrow(1, 0, 15) <= centers.narrow(1, 1, 15)).all().item<bool>());
}

}  // namespace
}  // namespace unclip::train
