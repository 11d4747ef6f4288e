#include "services/prior/autoregressive_transformer.h"

#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/stack.h>
#include <gtest/gtest.h>

#include <vector>

#include "services/prior/random_autoregressive.h"

namespace unclip::prior {
namespace {

class AutoregressiveTransformerTest : public testing::Test {
 protected:
  at::Tensor PredictAll(const at::Tensor& codes) const {
    return network_.PredictAll(dot_products_, codes, texts_.embeddings, texts_.hidden_states, texts_.mask);
  }

  const AutoregressiveTransformer network_ = RandomAutoregressive();
  const AutoregressiveConfig& config_ = network_.config();
  RandomTexts texts_{3};
  at::Tensor codes_ = at::randint(config_.num_buckets, {3, config_.num_components}, at::kLong);
  at::Tensor dot_products_ = at::randint(config_.num_dot_product_buckets + 1, {3}, at::kLong);
};

TEST_F(AutoregressiveTransformerTest, CodeByCodeEqualsAllAtOnce) {
  AutoregressiveTransformer::Prefix prefix = network_.ReadText(texts_.embeddings, texts_.hidden_states, texts_.mask);
  std::vector<at::Tensor> steps;
  for (int step = 0; step < config_.num_components; ++step) {
    const at::Tensor tokens = step == 0 ? dot_products_ : codes_.select(1, step - 1);
    steps.push_back(network_.Predict({{.prefix = &prefix, .step = step, .tokens = tokens}}));
  }
  EXPECT_TRUE(at::allclose(at::stack(steps, 1), PredictAll(codes_), 1e-4, 1e-5));
}

TEST_F(AutoregressiveTransformerTest, RunsAtOtherStepsShareAStep) {
  AutoregressiveTransformer::Prefix first = network_.ReadText(texts_.embeddings, texts_.hidden_states, texts_.mask);
  AutoregressiveTransformer::Prefix second = network_.ReadText(texts_.embeddings, texts_.hidden_states, texts_.mask);
  const at::Tensor all = PredictAll(codes_);  // [3, K, B]
  network_.Predict({{.prefix = &first, .step = 0, .tokens = dot_products_}});
  const at::Tensor both = network_.Predict({{.prefix = &first, .step = 1, .tokens = codes_.select(1, 0)},
                                            {.prefix = &second, .step = 0, .tokens = dot_products_}});  // [6, B]
  EXPECT_TRUE(at::allclose(both.narrow(0, 0, 3), all.select(1, 1), 1e-4, 1e-5));
  EXPECT_TRUE(at::allclose(both.narrow(0, 3, 3), all.select(1, 0), 1e-4, 1e-5));
}

TEST_F(AutoregressiveTransformerTest, ACodeBearsOnLaterOnesOnly) {
  const at::Tensor before = PredictAll(codes_);
  at::Tensor other = codes_.clone();
  other.select(1, 2).add_(1).remainder_(config_.num_buckets);
  const at::Tensor after = PredictAll(other);
  EXPECT_TRUE(at::equal(before.narrow(1, 0, 3), after.narrow(1, 0, 3)));
  for (int code = 3; code < config_.num_components; ++code) {
    EXPECT_FALSE(at::allclose(before.select(1, code), after.select(1, code))) << code;
  }
}

TEST_F(AutoregressiveTransformerTest, TheDotProductBearsOnAll) {
  const at::Tensor before = PredictAll(codes_);
  dot_products_ = (dot_products_ + 1).remainder(config_.num_dot_product_buckets);
  const at::Tensor after = PredictAll(codes_);
  for (int code = 0; code < config_.num_components; ++code) {
    EXPECT_FALSE(at::allclose(before.select(1, code), after.select(1, code))) << code;
  }
}

TEST_F(AutoregressiveTransformerTest, PaddingIsNotRead) {
  const at::Tensor before = PredictAll(codes_);
  texts_.hidden_states.select(0, 0).narrow(0, 3, config_.num_embeddings - 3).fill_(5);
  EXPECT_TRUE(at::equal(before, PredictAll(codes_)));
}

TEST_F(AutoregressiveTransformerTest, CopiesOfATextAreNeighbours) {
  AutoregressiveTransformer::Prefix prefix = network_.ReadText(texts_.embeddings, texts_.hidden_states, texts_.mask, 2);
  const at::Tensor tokens = dot_products_.repeat_interleave(2);                                    // [6]
  const at::Tensor logits = network_.Predict({{.prefix = &prefix, .step = 0, .tokens = tokens}});  // [6, B]
  EXPECT_TRUE(at::allclose(logits, PredictAll(codes_).select(1, 0).repeat_interleave(2, 0), 1e-4, 1e-5));
}

}  // namespace
}  // namespace unclip::prior
