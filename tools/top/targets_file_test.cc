#include "tools/top/targets_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "base/status_matchers.h"

namespace unclip::top {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string FileWith(const std::string& text) {
  const std::string path = testing::TempDir() + "/targets.json";
  std::ofstream(path) << text;
  return path;
}

TEST(TargetsFileTest, ReadsAllGroups) {
  const auto addresses =
      ReadTargetsFile(FileWith(R"([{"targets":["a:1"],"labels":{"service":"clip"}},{"targets":["b:2","b:3"]},{"targets":[]}])"));
  ASSERT_OK(addresses);
  EXPECT_THAT(*addresses, ElementsAre("a:1", "b:2", "b:3"));
}

TEST(TargetsFileTest, RefusesWhatIsNoSuchFile) {
  EXPECT_THAT(ReadTargetsFile("/nowhere/targets.json").status(), StatusIs(absl::StatusCode::kNotFound, HasSubstr("/nowhere")));
  for (const char* text : {"", "{", "{}", "[1]", "[{}]", R"([{"targets":"a:1"}])", R"([{"targets":[1]}])"}) {
    EXPECT_THAT(ReadTargetsFile(FileWith(text)).status(), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("JSON list")))
        << text;
  }
}

}  // namespace
}  // namespace unclip::top
