#include "model/weights/spec_recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "base/status_matchers.h"

namespace unclip::model {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

TEST(SpecRecorderTest, RecordsInTheOrderAskedFor) {
  SpecRecorder recorder;
  EXPECT_FALSE(recorder.Get("b.weight", {3, 2}).defined());
  EXPECT_FALSE(recorder.Get("a", {}).defined());
  EXPECT_OK(recorder.status());
  ASSERT_THAT(recorder.specs(), SizeIs(2));
  EXPECT_EQ(recorder.specs()[0].name, "b.weight");
  EXPECT_THAT(recorder.specs()[0].shape, ElementsAre(3, 2));
  EXPECT_EQ(recorder.specs()[1].name, "a");
  EXPECT_FALSE(recorder.Has("a"));
}

TEST(SpecRecorderTest, RecordsASharedTensorOnce) {
  SpecRecorder recorder;
  recorder.Get("a", {2});
  recorder.Get("a", {2});
  EXPECT_THAT(recorder.specs(), SizeIs(1));
  EXPECT_OK(recorder.status());
  recorder.Get("a", {3});
  EXPECT_THAT(recorder.status(),
              StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr("\"a\""), HasSubstr("[3]"), HasSubstr("[2]"))));
}

TEST(SpecRecorderTest, RefusesSizesThatCannotBe) {
  SpecRecorder negative;
  negative.Get("a", {2, -1});
  EXPECT_THAT(negative.status(), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("[2, -1]")));
  SpecRecorder huge;
  huge.Get("a", {int64_t{1} << 32, int64_t{1} << 32});
  EXPECT_THAT(huge.status(), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("elements")));
  huge.Get("b", {1});
  EXPECT_THAT(huge.specs(), SizeIs(0));
}

}  // namespace
}  // namespace unclip::model
