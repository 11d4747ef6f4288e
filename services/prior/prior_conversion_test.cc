#include "services/prior/prior_conversion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status_matchers.h"

namespace unclip::prior {
namespace {

using testing::HasSubstr;

class PriorConversionTest : public testing::Test {
 protected:
  PriorConversionTest() {
    info_.embedding_dim = 2;
    info_.context_length = 1;
    info_.hidden_dim = 2;
    info_.step_count = {.minimum = 32, .maximum = 32, .default_value = 32};
    for (int i = 0; i < 2; ++i) {
      request_.mutable_text()->add_text_embedding(0);
      request_.mutable_text()->add_hidden_states(0);
    }
    request_.mutable_text()->add_attention_mask(true);
    request_.set_guidance_scale(1);
  }

  PriorModelInfo info_;
  v1::SamplePriorRequest request_;
};

TEST_F(PriorConversionTest, AFixedStepCountIsTheDefault) {
  ASSERT_OK_AND_ASSIGN(const SamplePriorInput input, ToSamplePriorInput(request_, info_));
  EXPECT_EQ(input.step_count, 32);
  const v1::GetModelInfoResponse response = ToModelInfoResponse(info_);
  EXPECT_EQ(response.step_count().minimum(), 32);
  EXPECT_EQ(response.step_count().maximum(), 32);
  EXPECT_EQ(response.step_count().default_value(), 32);
}

TEST_F(PriorConversionTest, AFixedStepCountIsTheOnlyOne) {
  request_.set_step_count(32);
  EXPECT_OK(ToSamplePriorInput(request_, info_));
  request_.set_step_count(25);
  EXPECT_THAT(ToSamplePriorInput(request_, info_),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("step_count is 25; it must be 32 to 32")));
}

}  // namespace
}  // namespace unclip::prior
