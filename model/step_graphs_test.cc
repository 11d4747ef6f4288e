// On the CPU nothing is recorded, but the memory, the buckets and what is copied are those of GPUs.
#include "model/step_graphs.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace unclip::model {
namespace {

class StepGraphsTest : public testing::Test {
 protected:
  // x + 2 y, with a note of what it was called with.
  std::vector<at::Tensor> Add(const std::vector<StepGraphs::Parts>& inputs, const std::string& name = "add") {
    return graphs_.Run(name, inputs, [this](absl::Span<const at::Tensor> in) -> std::vector<at::Tensor> {
      seen_rows_ = in[0].size(0);
      seen_memory_ = in[0].const_data_ptr();
      return {in[0] + 2 * in[1], in[1] * 1};
    });
  }

  StepGraphs graphs_;
  int64_t seen_rows_ = 0;
  const void* seen_memory_ = nullptr;
};

TEST_F(StepGraphsTest, KnowsTheBuckets) {
  for (const auto& [rows, bucket] : {std::pair{1, 1}, {2, 2}, {3, 4}, {4, 4}, {5, 8}, {33, 64}}) {
    EXPECT_EQ(StepGraphs::BucketOf(rows), bucket) << rows;
  }
}

TEST_F(StepGraphsTest, GivesWhatTheFunctionGivesWhateverTheParts) {
  for (const int64_t rows : {1, 2, 3, 6, 7, 3}) {
    const at::Tensor x = at::randn({rows, 4}), y = at::randn({rows, 4});
    const std::vector<at::Tensor> results = Add({{x}, {y.narrow(0, 0, 1), y.narrow(0, 1, rows - 1)}});
    ASSERT_EQ(results.size(), 2);
    EXPECT_TRUE(results[0].equal(x + 2 * y)) << rows;
    EXPECT_TRUE(results[1].equal(y)) << rows;
    EXPECT_EQ(seen_rows_, StepGraphs::BucketOf(rows));
  }
  EXPECT_EQ(graphs_.size(), 4);
}

TEST_F(StepGraphsTest, UsesTheSameMemoryForABucket) {
  Add({{at::ones({3, 4})}, {at::ones({3, 4})}});
  const void* const memory = seen_memory_;
  Add({{at::ones({2, 4}), at::ones({2, 4})}, {at::ones({4, 4})}});
  EXPECT_EQ(seen_memory_, memory);
  EXPECT_EQ(graphs_.size(), 1);
}

TEST_F(StepGraphsTest, TellsNamesShapesAndTypesApart) {
  const at::Tensor x = at::ones({2, 4}), wide = at::ones({2, 5});
  Add({{x}, {x}});
  Add({{x}, {x}}, "other");
  Add({{wide}, {wide}});
  Add({{x.to(at::kDouble)}, {x.to(at::kDouble)}});
  EXPECT_EQ(graphs_.size(), 4);
}

TEST_F(StepGraphsTest, ReadsATensorThatStaysOnlyOnce) {
  at::Tensor x = at::full({2, 1}, 1.0), y = at::full({2, 1}, 10.0);
  EXPECT_EQ(Add({{x}, {y}})[0].sum().item<double>(), 42);
  y.fill_(100);  // against the rule, to see
  const at::Tensor other_x = at::full({2, 1}, 2.0);
  EXPECT_EQ(Add({{other_x}, {y}})[0].sum().item<double>(), 44);
  const at::Tensor other_y = at::full({2, 1}, 100.0);
  EXPECT_EQ(Add({{other_x}, {other_y}})[0].sum().item<double>(), 404);
}

TEST_F(StepGraphsTest, ReadsTensorsAgainWhenOneComesOrGoes) {
  const at::Tensor a = at::full({1, 1}, 1.0), b = at::full({1, 1}, 2.0), c = at::full({1, 1}, 3.0);
  EXPECT_EQ(Add({{a, b, c}, {a, b, c}})[1].flatten()[1].item<double>(), 2);
  EXPECT_EQ(Add({{a, c, b}, {a, c, b}})[1].flatten()[1].item<double>(), 3);
  EXPECT_EQ(Add({{b, c, a, a}, {b, c, a, a}})[1].flatten()[3].item<double>(), 1);
}

TEST_F(StepGraphsTest, ResultsOutliveTheNextStep) {
  const at::Tensor x = at::full({2, 3}, 1.0);
  const at::Tensor first = Add({{x}, {x}})[0];
  Add({{x * 5}, {x * 5}});
  EXPECT_TRUE(first.equal(x * 3));
}

TEST_F(StepGraphsTest, KeepsTheOrderOfChannels) {
  const at::Tensor x = at::randn({3, 4, 5, 6}).contiguous(at::MemoryFormat::ChannelsLast);
  bool is_channels_last = false;
  const at::Tensor result = graphs_.Run("copy", {{x}}, [&is_channels_last](absl::Span<const at::Tensor> in) {
    is_channels_last = in[0].is_contiguous(at::MemoryFormat::ChannelsLast);
    return std::vector<at::Tensor>{in[0] * 1};
  })[0];
  EXPECT_TRUE(is_channels_last);
  EXPECT_TRUE(result.is_contiguous(at::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(result.equal(x));
}

TEST_F(StepGraphsTest, KeepsNothingOfAFunctionThatFails) {
  const at::Tensor x = at::ones({2, 3});
  EXPECT_THROW(
      graphs_.Run("add", {{x}, {x}},
                  [](absl::Span<const at::Tensor>) -> std::vector<at::Tensor> { throw std::runtime_error("no memory"); }),
      std::runtime_error);
  EXPECT_EQ(graphs_.size(), 0);
  EXPECT_TRUE(Add({{x}, {x}})[0].equal(3 * x));
}

TEST_F(StepGraphsTest, RefusesInputsOfDifferentLength) { EXPECT_ANY_THROW(Add({{at::ones({2, 3})}, {at::ones({3, 3})}})); }

}  // namespace
}  // namespace unclip::model
