// GoogleTest matchers and macros for absl::Status and absl::StatusOr.
#ifndef UNCLIP_BASE_STATUS_MATCHERS_H_
#define UNCLIP_BASE_STATUS_MATCHERS_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/status_macros.h"

namespace unclip {

inline const absl::Status& GetStatus(const absl::Status& status) { return status; }
template <typename T>
const absl::Status& GetStatus(const absl::StatusOr<T>& result) {
  return result.status();
}

// Matches an OK status.
MATCHER(IsOk, "is OK") {
  *result_listener << GetStatus(arg).ToString();
  return GetStatus(arg).ok();
}

// Matches a status of code `code` whose message matches `message` (a string or a matcher).
MATCHER_P2(StatusIs, code, message, "") {
  const absl::Status& status = GetStatus(arg);
  *result_listener << status.ToString();
  return status.code() == code &&
         testing::ExplainMatchResult(testing::Matcher<std::string>(message), std::string(status.message()), result_listener);
}

}  // namespace unclip

#define EXPECT_OK(expr) EXPECT_THAT((expr), ::unclip::IsOk())
#define ASSERT_OK(expr) ASSERT_THAT((expr), ::unclip::IsOk())

// Like ASSIGN_OR_RETURN, but fails the test.
#define ASSERT_OK_AND_ASSIGN(lhs, expr) UNCLIP_ASSERT_OK_AND_ASSIGN_(UNCLIP_CONCAT_(unclip_statusor_, __LINE__), lhs, expr)
#define UNCLIP_ASSERT_OK_AND_ASSIGN_(statusor, lhs, expr) \
  auto statusor = (expr);                                 \
  ASSERT_OK(statusor);                                    \
  lhs = *std::move(statusor)

#endif  // UNCLIP_BASE_STATUS_MATCHERS_H_
