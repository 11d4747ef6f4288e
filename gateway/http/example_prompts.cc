#include "gateway/http/example_prompts.h"

#include <fstream>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "common/validation/field_check.h"

namespace unclip::gateway {
namespace {

constexpr size_t kMaxExamples = 100;
constexpr size_t kMaxExampleBytes = 1000;

}  // namespace

absl::StatusOr<std::vector<std::string>> ReadExamples(const std::string& path) {
  std::ifstream file(path);
  if (!file.is_open()) return absl::NotFoundError(absl::StrCat("--examples_file: cannot read ", path));
  std::vector<std::string> examples;
  std::string line;
  for (int number = 1; std::getline(file, line) && examples.size() < kMaxExamples; ++number) {
    const absl::string_view prompt = absl::StripAsciiWhitespace(line);
    if (prompt.empty() || prompt[0] == '#') continue;
    RETURN_IF_ERROR(CheckText(absl::StrCat(path, " line ", number), prompt, kMaxExampleBytes));
    examples.emplace_back(prompt);
  }
  return examples;
}

}  // namespace unclip::gateway
