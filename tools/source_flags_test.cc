#include "tools/source_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/status_matchers.h"
#include "common/server/run_main.h"

namespace unclip {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string FileOf(const std::string& name, const std::string& content) {
  const std::string path = absl::StrCat(testing::TempDir(), "/", name);
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

absl::StatusOr<gateway::v1::GenerateImageRequest> RequestOf(const std::string& prompt, const std::vector<std::string>& args) {
  SourceFlags flags;
  CommandLine line("unclip generate", "Draws.");
  AddSourceFlags(line, flags);
  RETURN_IF_ERROR(line.Parse(args).status());
  gateway::v1::GenerateImageRequest request;
  request.set_prompt(prompt);
  RETURN_IF_ERROR(SetSource(flags, &request));
  return request;
}

TEST(SourceFlagsTest, WithoutThemThereIsNoSource) {
  ASSERT_OK_AND_ASSIGN(const auto request, RequestOf("p", {}));
  EXPECT_EQ(request.source_case(), gateway::v1::GenerateImageRequest::SOURCE_NOT_SET);
}

TEST(SourceFlagsTest, ReadsThePictureToVary) {
  const std::string content("a\0\nb", 4);
  ASSERT_OK_AND_ASSIGN(const auto request, RequestOf("", {"--variation-of", FileOf("a.png", content)}));
  EXPECT_EQ(request.variation().image(), content);
}

TEST(SourceFlagsTest, ReadsThePictureToEditAndItsMask) {
  ASSERT_OK_AND_ASSIGN(const auto request, RequestOf("p", {"--edit", FileOf("a.png", "A"), "--mask", FileOf("m.png", "M"),
                                                           "--resample-count=3", "--jump-length=2"}));
  EXPECT_EQ(request.edit().image(), "A");
  EXPECT_EQ(request.edit().mask(), "M");
  EXPECT_EQ(request.edit().resample_count(), 3);
  EXPECT_EQ(request.edit().jump_length(), 2);
}

TEST(SourceFlagsTest, LeavesWhatIsAbsentToTheGateway) {
  ASSERT_OK_AND_ASSIGN(const auto request, RequestOf("p", {"--edit", FileOf("a.png", "A")}));
  EXPECT_EQ(request.edit().mask(), "");
  EXPECT_FALSE(request.edit().has_resample_count() || request.edit().has_jump_length());
}

TEST(SourceFlagsTest, RefusesFlagsThatContradictEachOther) {
  const std::string file = FileOf("a.png", "A");
  for (const auto& [prompt, args] :
       {std::pair<std::string, std::vector<std::string>>("", {"--variation-of", file, "--edit", file}),
        {"p", {"--variation-of", file}},
        {"p", {"--mask", file}},
        {"p", {"--resample-count=2"}},
        {"", {"--variation-of", file, "--jump-length=2"}}}) {
    const absl::Status status = RequestOf(prompt, args).status();
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--")));
    EXPECT_EQ(FinishCommand(status), 2);
  }
}

TEST(SourceFlagsTest, NamesTheFlagAndTheFileThatCannotBeRead) {
  EXPECT_THAT(RequestOf("", {"--variation-of", "/nowhere/a.png"}).status(),
              StatusIs(absl::StatusCode::kNotFound, AllOf(HasSubstr("--variation-of"), HasSubstr("/nowhere/a.png"))));
  EXPECT_THAT(RequestOf("p", {"--edit", FileOf("a.png", "A"), "--mask", testing::TempDir()}).status(), testing::Not(IsOk()));
}

}  // namespace
}  // namespace unclip
