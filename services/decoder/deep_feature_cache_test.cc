#include "services/decoder/deep_feature_cache.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <memory>

#include "base/status_matchers.h"
#include "model/row_lanes.h"
#include "model/weights/checkpoint.h"
#include "services/decoder/decoder_model.h"

namespace unclip::decoder {
namespace {

TEST(DeepFeatureCacheTest, EverySoManyStepsAreFull) {
  DeepFeatureCache cache(3);
  EXPECT_TRUE(cache.keeps());
  EXPECT_FALSE(cache.Reuses(1, 2));  // nothing to reuse yet
  cache.Keep(at::full({2, 1, 1, 1}, 1.0));
  EXPECT_FALSE(cache.Reuses(0, 2));
  EXPECT_TRUE(cache.Reuses(1, 2));
  EXPECT_TRUE(cache.Reuses(2, 2));
  EXPECT_FALSE(cache.Reuses(3, 2));
  EXPECT_FALSE(DeepFeatureCache(1).keeps());
}

TEST(DeepFeatureCacheTest, GivesTheConditionalRowsOfAGuidedStep) {
  DeepFeatureCache cache(2);
  cache.Keep(at::arange(2).reshape({2, 1, 1, 1}));
  EXPECT_EQ(cache.Last(1).item<int64_t>(), 1);
}

TEST(DeepFeatureCacheTest, ComputesInFullWhereMoreRowsAreNeededThanWereKept) {
  DeepFeatureCache cache(2);
  cache.Keep(at::full({1, 1, 1, 1}, 1.0));
  EXPECT_TRUE(cache.Reuses(1, 1));
  EXPECT_FALSE(cache.Reuses(1, 2));
}

class ForwardCachedTest : public testing::Test {
 protected:
  void SetUp() override {
    auto checkpoint = model::Checkpoint::Open("models/shapes32/text-to-image");
    ASSERT_OK(checkpoint.status());
    auto model = LoadDecoderModel(*checkpoint, at::kFloat);
    ASSERT_OK(model.status());
    model_ = *std::move(model);
  }

  const Unet& unet() const { return model_->upsamplers.front()->first; }

  // Two samples, no two values alike.
  at::Tensor Sample() const {
    constexpr int64_t kSize = 32;
    constexpr int64_t kCount = 2 * 6 * kSize * kSize;
    return (at::arange(kCount).to(at::kFloat) * 0.37).sin().reshape({2, 6, kSize, kSize});
  }

  at::Tensor Time() const { return unet().ProjectTime(at::tensor({int64_t{500}, int64_t{20}}), {}); }

  std::unique_ptr<const DecoderModel> model_;
};

TEST_F(ForwardCachedTest, FeaturesOfTheSameSampleGiveTheFullOutput) {
  DeepFeatureCache first(2), second(2);
  const CachedRows rows[] = {{.cache = &first, .count = 1}, {.cache = &second, .count = 1}};
  const at::Tensor full = ForwardCached(unet(), Sample(), Time(), nullptr, /*reuse=*/false, rows, nullptr);
  EXPECT_TRUE(full.equal(unet().Forward(Sample(), Time(), nullptr)));
  EXPECT_TRUE(full.equal(ForwardCached(unet(), Sample(), Time(), nullptr, /*reuse=*/true, rows, nullptr)));
}

TEST_F(ForwardCachedTest, LanesGiveTheSame) {
  model::RowLanes lanes(2);
  DeepFeatureCache alone(2), spread(2);
  const CachedRows alone_rows[] = {{.cache = &alone, .count = 2}}, spread_rows[] = {{.cache = &spread, .count = 2}};
  const at::Tensor full = ForwardCached(unet(), Sample(), Time(), nullptr, /*reuse=*/false, alone_rows, nullptr);
  EXPECT_TRUE(full.equal(ForwardCached(unet(), Sample(), Time(), nullptr, /*reuse=*/false, spread_rows, &lanes)));
  EXPECT_TRUE(alone.Last(2).equal(spread.Last(2)));
  EXPECT_TRUE(full.equal(ForwardCached(unet(), Sample(), Time(), nullptr, /*reuse=*/true, spread_rows, &lanes)));
}

TEST_F(ForwardCachedTest, FeaturesOfAnotherSampleGiveSomethingElse) {
  DeepFeatureCache cache(2);
  const CachedRows rows[] = {{.cache = &cache, .count = 2}};
  ForwardCached(unet(), -Sample(), Time(), nullptr, /*reuse=*/false, rows, nullptr);
  EXPECT_FALSE(unet()
                   .Forward(Sample(), Time(), nullptr)
                   .equal(ForwardCached(unet(), Sample(), Time(), nullptr, /*reuse=*/true, rows, nullptr)));
}

}  // namespace
}  // namespace unclip::decoder
