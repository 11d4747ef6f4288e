#include "common/server/run_main.h"

#include <cstdio>
#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/str_replace.h"

namespace unclip {
namespace {

constexpr char kUsageUrl[] = "type.unclip/usage-error";

}  // namespace

absl::Status UsageError(absl::string_view message) {
  absl::Status status = absl::InvalidArgumentError(message);
  status.SetPayload(kUsageUrl, absl::Cord());
  return status;
}

int RunMain(const absl::Status& status) {
  if (status.ok()) return 0;
  const std::string message = absl::StrReplaceAll(status.message(), {{"\n", "\\n"}, {"\r", "\\r"}});
  std::fprintf(stderr, "error: %s\n", message.c_str());
  return status.GetPayload(kUsageUrl).has_value() ? 2 : 1;
}

}  // namespace unclip
