#include "tools/tokenize_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "base/status_matchers.h"

namespace unclip {
namespace {

using testing::HasSubstr;

constexpr char kTokenizer[] = "services/clip/testdata/tokenizer";

TEST(TokenizeCommandTest, WritesAListOfIdsForEachLine) {
  std::istringstream input("\"a cat\"\n\"\"\n\"\\u00e9\\ud83e\\udd8a\"\n");
  std::ostringstream output;
  ASSERT_OK(RunTokenize({"--tokenizer", kTokenizer}, input, output));
  EXPECT_EQ(output.str(), "[49406,320,2368,49407]\n[49406,49407]\n[49406,4166,6040,488,49407]\n");
}

TEST(TokenizeCommandTest, WritesNothingForNoInput) {
  std::istringstream input;
  std::ostringstream output;
  ASSERT_OK(RunTokenize({"--tokenizer", kTokenizer}, input, output));
  EXPECT_EQ(output.str(), "");
}

TEST(TokenizeCommandTest, NamesTheLineThatIsNoJsonString) {
  for (const char* line : {"a cat", "[\"a cat\"]", "12", "", "\"open", "\"\\ud800\"", "\"\xff\""}) {
    SCOPED_TRACE(line);
    std::istringstream input(std::string("\"good\"\n") + line + "\n\"good\"\n");
    std::ostringstream output;
    EXPECT_THAT(RunTokenize({"--tokenizer", kTokenizer}, input, output),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("line 2")));
    EXPECT_EQ(output.str(), "[49406,886,49407]\n");
  }
}

TEST(TokenizeCommandTest, NeedsATokenizer) {
  std::istringstream input;
  std::ostringstream output;
  EXPECT_THAT(RunTokenize({}, input, output), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--tokenizer")));
  EXPECT_THAT(RunTokenize({"--tokenizer", "no/such/folder"}, input, output),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("no/such/folder/vocab.json")));
  EXPECT_THAT(RunTokenize({"--tokenizer", kTokenizer, "--pad"}, input, output),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--pad")));
}

}  // namespace
}  // namespace unclip
