#include "model/torch_guard.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>
#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <new>
#include <stdexcept>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/status_matchers.h"

namespace unclip::model {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(TorchGuardTest, PassesResultsThrough) {
  EXPECT_OK(TorchGuard([] { return absl::OkStatus(); }));
  EXPECT_THAT(TorchGuard([] { return absl::NotFoundError("gone"); }), StatusIs(absl::StatusCode::kNotFound, "gone"));
  ASSERT_OK_AND_ASSIGN(const int value, TorchGuard([]() -> absl::StatusOr<int> { return 7; }));
  EXPECT_EQ(value, 7);
  EXPECT_THAT(TorchGuard([]() -> absl::StatusOr<int> { return absl::AbortedError("no"); }),
              StatusIs(absl::StatusCode::kAborted, "no"));
}

TEST(TorchGuardTest, MovesResultsThatCannotBeCopied) {
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<int> value,
                       TorchGuard([]() -> absl::StatusOr<std::unique_ptr<int>> { return std::make_unique<int>(3); }));
  EXPECT_EQ(*value, 3);
}

TEST(TorchGuardTest, RunsInInferenceMode) {
  ASSERT_FALSE(c10::InferenceMode::is_enabled());
  bool enabled = false;
  EXPECT_OK(TorchGuard([&] {
    enabled = c10::InferenceMode::is_enabled();
    return absl::OkStatus();
  }));
  EXPECT_TRUE(enabled);
  EXPECT_FALSE(c10::InferenceMode::is_enabled());
}

TEST(TorchGuardTest, TurnsATorchErrorIntoOneLine) {
  const absl::Status status = TorchGuard([]() -> absl::Status {
    at::ones({2, 3}).matmul(at::ones({2, 3}));
    return absl::OkStatus();
  });
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInternal, AllOf(HasSubstr("mat1 and mat2"), Not(HasSubstr("\n")))));
}

TEST(TorchGuardTest, TurnsOtherExceptionsIntoInternal) {
  EXPECT_THAT(TorchGuard([]() -> absl::Status { throw std::runtime_error("first\nsecond"); }),
              StatusIs(absl::StatusCode::kInternal, "the model failed: first"));
  EXPECT_THAT(TorchGuard([]() -> absl::Status { throw 3; }), StatusIs(absl::StatusCode::kInternal, HasSubstr("unknown")));
}

TEST(TorchGuardTest, TurnsLackOfMemoryIntoResourceExhausted) {
  EXPECT_THAT(TorchGuard([]() -> absl::Status { throw std::bad_alloc(); }),
              StatusIs(absl::StatusCode::kResourceExhausted, "out of memory"));
  // More than any address space holds.
  EXPECT_THAT(TorchGuard([]() -> absl::StatusOr<at::Tensor> { return at::empty({int64_t{1} << 56}); }),
              StatusIs(absl::StatusCode::kResourceExhausted, AllOf(HasSubstr("memory"), Not(HasSubstr("\n")))));
}

TEST(TorchGuardTest, LeavesInferenceModeAfterAnException) {
  EXPECT_THAT(TorchGuard([]() -> absl::Status { throw std::runtime_error("x"); }), Not(IsOk()));
  EXPECT_FALSE(c10::InferenceMode::is_enabled());
}

}  // namespace
}  // namespace unclip::model
