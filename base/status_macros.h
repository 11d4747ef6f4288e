// Macros that pass an error of absl::Status or absl::StatusOr on to the caller.
#ifndef UNCLIP_BASE_STATUS_MACROS_H_
#define UNCLIP_BASE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Returns the status of `expr` (an absl::Status) from the calling function when it is not OK.
#define RETURN_IF_ERROR(expr)                                         \
  do {                                                                \
    if (absl::Status unclip_status_ = (expr); !unclip_status_.ok()) { \
      return unclip_status_;                                          \
    }                                                                 \
  } while (false)

// Evaluates `expr` (an absl::StatusOr<T>); returns its status from the calling function when it is not OK, else assigns the
// value to `lhs`, which may declare a variable. Not for use as the body of an unbraced `if`.
#define ASSIGN_OR_RETURN(lhs, expr) UNCLIP_ASSIGN_OR_RETURN_IMPL_(UNCLIP_CONCAT_(unclip_statusor_, __LINE__), lhs, expr)

#define UNCLIP_ASSIGN_OR_RETURN_IMPL_(statusor, lhs, expr) \
  auto statusor = (expr);                                  \
  if (!statusor.ok()) return std::move(statusor).status(); \
  lhs = *std::move(statusor)

#define UNCLIP_CONCAT_INNER_(a, b) a##b
#define UNCLIP_CONCAT_(a, b) UNCLIP_CONCAT_INNER_(a, b)

#endif  // UNCLIP_BASE_STATUS_MACROS_H_
