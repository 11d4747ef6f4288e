#include "base/status_macros.h"

#include <memory>

#include "base/status_matchers.h"

namespace unclip {
namespace {

absl::Status PassOn(const absl::Status& status, bool& reached_end) {
  RETURN_IF_ERROR(status);
  reached_end = true;
  return absl::OkStatus();
}

absl::StatusOr<int> AddOne(absl::StatusOr<std::unique_ptr<int>> input) {
  ASSIGN_OR_RETURN(std::unique_ptr<int> value, std::move(input));
  return *value + 1;
}

TEST(ReturnIfErrorTest, ReturnsTheErrorAndGoesOnWhenOk) {
  bool reached_end = false;
  EXPECT_THAT(PassOn(absl::NotFoundError("x"), reached_end), StatusIs(absl::StatusCode::kNotFound, "x"));
  EXPECT_FALSE(reached_end);
  EXPECT_OK(PassOn(absl::OkStatus(), reached_end));
  EXPECT_TRUE(reached_end);
}

TEST(AssignOrReturnTest, MovesTheValueOut) {
  ASSERT_OK_AND_ASSIGN(int value, AddOne(std::make_unique<int>(1)));
  EXPECT_EQ(value, 2);
}

TEST(AssignOrReturnTest, ReturnsTheError) {
  EXPECT_THAT(AddOne(absl::InternalError("broken")), StatusIs(absl::StatusCode::kInternal, "broken"));
}

}  // namespace
}  // namespace unclip
