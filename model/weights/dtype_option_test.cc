#include "model/weights/dtype_option.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status_matchers.h"

namespace unclip::model {
namespace {

using testing::AnyOf;
using testing::HasSubstr;

TEST(DtypeOptionTest, NamesEveryType) {
  for (const char* name : {"float32", "bfloat16", "float16"}) {
    ASSERT_OK_AND_ASSIGN(const at::ScalarType dtype, ParseServingDtype(name));
    EXPECT_EQ(ServingDtypeName(dtype), name);
  }
}

TEST(DtypeOptionTest, AutoIsOneOfTheTypesThatAreFastSomewhere) {
  ASSERT_OK_AND_ASSIGN(const at::ScalarType dtype, ParseServingDtype("auto"));
  EXPECT_THAT(dtype, AnyOf(at::kFloat, at::kBFloat16));
}

TEST(DtypeOptionTest, AutoIsBfloat16OnAGpu) {
  ASSERT_OK_AND_ASSIGN(const at::ScalarType dtype, ParseServingDtype("auto", at::kCUDA));
  EXPECT_EQ(dtype, at::kBFloat16);
}

TEST(DtypeOptionTest, RefusesAnythingElse) {
  for (const char* name : {"", "fp16", "int8", "Float32"}) {
    EXPECT_THAT(ParseServingDtype(name), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("bfloat16, float16 or auto")));
  }
}

}  // namespace
}  // namespace unclip::model
