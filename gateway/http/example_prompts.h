// Prompts that suit the loaded model, for the page to show.
#ifndef UNCLIP_GATEWAY_HTTP_EXAMPLE_PROMPTS_H_
#define UNCLIP_GATEWAY_HTTP_EXAMPLE_PROMPTS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace unclip::gateway {

// The lines of the file at `path` that are not empty and do not begin with '#', at most 100. NOT_FOUND when it cannot be read,
// INVALID_ARGUMENT naming the line when one could not be a prompt.
absl::StatusOr<std::vector<std::string>> ReadExamples(const std::string& path);

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_EXAMPLE_PROMPTS_H_
