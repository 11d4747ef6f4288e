// Every recorded run of the reference, replayed: each network, each scheduler step, and the finished pictures.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_matchers.h"
#include "tools/replay_command.h"

namespace unclip {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

struct ParityCase {
  std::string name;
  std::string checkpoint;  // folder with text-to-image/ and image-variation/
  std::string file;
};

void AddCases(const std::string& name, const fs::path& checkpoint, const fs::path& cases, std::vector<ParityCase>& all) {
  for (const auto& entry : fs::directory_iterator(cases)) {
    if (entry.path().extension() != ".safetensors") continue;
    std::string id = absl::StrCat(name, "_", entry.path().stem().string());
    std::replace_if(id.begin(), id.end(), [](unsigned char c) { return !std::isalnum(c); }, '_');
    all.push_back({std::move(id), checkpoint.string(), entry.path().string()});
  }
}

std::vector<ParityCase> AllCases() {
  std::vector<ParityCase> all;
  AddCases("shapes32", "models/shapes32", "tests/goldens/shapes32", all);
  AddCases("odd_shapes", "tests/goldens/odd-shapes", "tests/goldens/odd-shapes/cases", all);
  if (const char* extra = std::getenv("UNCLIP_EXTRA_GOLDENS"); extra != nullptr && *extra != '\0') {
    for (const auto& entry : fs::directory_iterator(extra)) {
      if (entry.is_directory()) AddCases("extra_" + entry.path().filename().string(), entry.path(), entry.path() / "cases", all);
    }
  }
  std::sort(all.begin(), all.end(), [](const ParityCase& a, const ParityCase& b) { return a.name < b.name; });
  return all;
}

class ParityTest : public testing::TestWithParam<ParityCase> {};

TEST_P(ParityTest, EqualsTheReference) {
  const ParityCase& parity_case = GetParam();
  const bool is_variation = parity_case.file.find("variation") != std::string::npos;
  EXPECT_OK(RunReplay({"--checkpoint", parity_case.checkpoint + (is_variation ? "/image-variation" : "/text-to-image"), "--case",
                       parity_case.file, "--threads", "1"}));
}

INSTANTIATE_TEST_SUITE_P(Traces, ParityTest, testing::ValuesIn(AllCases()),
                         [](const testing::TestParamInfo<ParityCase>& info) { return info.param.name; });

TEST(ReplayTest, FailsForAnotherCheckpointsTrace) {
  EXPECT_FALSE(RunReplay({"--checkpoint", "models/shapes32/text-to-image", "--case",
                          "tests/goldens/odd-shapes/cases/one-prompt.safetensors", "--threads", "1"})
                   .ok());
}

// A comparison that cannot fail would be none: one value of the trace is changed.
TEST(ReplayTest, FailsWhenNumbersDiffer) {
  const std::string trace = "tests/goldens/odd-shapes/cases/one-prompt.safetensors";
  const fs::path changed = fs::path(testing::TempDir()) / "changed.safetensors";
  fs::copy_file(trace, changed, fs::copy_options::overwrite_existing);
  fs::permissions(changed, fs::perms::owner_write, fs::perm_options::add);
  // The last bytes of the data belong to the last tensor; the exponent of its last value is raised.
  FILE* file = std::fopen(changed.c_str(), "r+b");
  ASSERT_NE(file, nullptr);
  ASSERT_EQ(std::fseek(file, -2, SEEK_END), 0);
  const unsigned char raised[] = {0x80, 0x42};
  ASSERT_EQ(std::fwrite(raised, 1, 2, file), 2u);
  ASSERT_EQ(std::fclose(file), 0);
  EXPECT_THAT(RunReplay({"--checkpoint", "tests/goldens/odd-shapes/text-to-image", "--case", changed.string(), "--threads", "1"}),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("changed.safetensors")));
}

}  // namespace
}  // namespace unclip
