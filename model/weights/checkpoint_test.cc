#include "model/weights/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_matchers.h"
#include "model/weights/safetensors_writer.h"
#include "model/weights/test_files.h"

namespace unclip::model {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::SizeIs;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kNotFound = absl::StatusCode::kNotFound;
constexpr absl::string_view kIndex =
    R"({"_class_name":"UnCLIPPipeline","prior":["diffusers","PriorTransformer"],"absent":[null,null],"flag":true,)"
    R"("text_encoder":["transformers","CLIPTextModelWithProjection"]})";

class CheckpointTest : public testing::Test {
 protected:
  void WriteIndex(absl::string_view text) { WriteTestFile(dir_ + "/model_index.json", text); }
  void WriteComponent(const std::string& dir, float value, absl::string_view config = "{}", const std::string& tensor = "t") {
    WriteTestFile(dir + "/config.json", config);
    ASSERT_OK_AND_ASSIGN(auto writer, SafetensorsWriter::Create(dir + "/model.safetensors", {{tensor, Dtype::kF32, {1}}}));
    ASSERT_OK(writer->Append(absl::MakeConstSpan(reinterpret_cast<const std::byte*>(&value), sizeof(value))));
    ASSERT_OK(writer->Close());
  }

  const std::string dir_ = MakeTestDir();
};

TEST_F(CheckpointTest, ListsComponents) {
  WriteIndex(kIndex);
  ASSERT_OK_AND_ASSIGN(const Checkpoint checkpoint, Checkpoint::Open(dir_));
  EXPECT_EQ(checkpoint.dir(), dir_);
  EXPECT_EQ(checkpoint.name(), "CheckpointTest.ListsComponents");
  EXPECT_EQ(checkpoint.pipeline_class(), "UnCLIPPipeline");
  ASSERT_THAT(checkpoint.components(), SizeIs(2));
  EXPECT_EQ(checkpoint.components()[0].name, "prior");
  EXPECT_EQ(checkpoint.components()[1].library, "transformers");
  EXPECT_EQ(checkpoint.Find("prior")->class_name, "PriorTransformer");
  EXPECT_TRUE(checkpoint.HasComponent("text_encoder"));
  EXPECT_FALSE(checkpoint.HasComponent("absent"));
  EXPECT_FALSE(checkpoint.HasComponent("flag"));
}

TEST_F(CheckpointTest, FindsAnAutoregressivePriorByItsWeights) {
  WriteIndex(kIndex);
  WriteTestFile(dir_ + "/prior_autoregressive/config.json", "{}");
  ASSERT_OK_AND_ASSIGN(const Checkpoint without, Checkpoint::Open(dir_));
  EXPECT_FALSE(without.HasComponent("prior_autoregressive"));
  WriteTestFile(dir_ + "/prior_autoregressive/diffusion_pytorch_model.safetensors", "");
  ASSERT_OK_AND_ASSIGN(const Checkpoint with, Checkpoint::Open(dir_));
  ASSERT_THAT(with.components(), SizeIs(3));
  EXPECT_EQ(with.components()[1].class_name, "UnclipAutoregressivePrior");
  EXPECT_OK(with.ComponentDir("prior_autoregressive"));
}

TEST_F(CheckpointTest, NamesAHalfAfterItsParent) {
  WriteTestFile(dir_ + "/karlo/text-to-image/model_index.json", kIndex);
  ASSERT_OK_AND_ASSIGN(const Checkpoint checkpoint, Checkpoint::Open(dir_ + "/karlo/text-to-image/"));
  EXPECT_EQ(checkpoint.name(), "karlo");
}

TEST_F(CheckpointTest, RefusesAFolderWithoutAnIndex) {
  EXPECT_THAT(Checkpoint::Open(dir_ + "/none"), StatusIs(kNotFound, dir_ + "/none: no such folder"));
  EXPECT_THAT(Checkpoint::Open(dir_), StatusIs(kNotFound, dir_ + "/model_index.json: no such file"));
}

TEST_F(CheckpointTest, RefusesAnIndexThatIsNotSound) {
  WriteIndex("{\"prior\":");
  EXPECT_THAT(Checkpoint::Open(dir_), StatusIs(kInvalid, HasSubstr("model_index.json: is not valid JSON")));
  WriteIndex("{}");
  EXPECT_THAT(Checkpoint::Open(dir_), StatusIs(kInvalid, HasSubstr("lists no component")));
  for (const absl::string_view entry :
       {R"("prior":["diffusers"])", R"("prior":["a","b","c"])", R"("prior":[1,2])", R"("prior":[null,"b"])",
        R"("../prior":["a","b"])", R"("/etc":["a","b"])", R"("..":["a","b"])", R"("":["a","b"])"}) {
    WriteIndex(absl::StrCat("{", entry, "}"));
    EXPECT_THAT(Checkpoint::Open(dir_), StatusIs(kInvalid, HasSubstr("must be a plain folder name"))) << entry;
  }
}

TEST_F(CheckpointTest, FindsTheFolderOfAComponent) {
  WriteIndex(kIndex);
  std::filesystem::create_directory(dir_ + "/prior");
  ASSERT_OK_AND_ASSIGN(const Checkpoint checkpoint, Checkpoint::Open(dir_));
  ASSERT_OK_AND_ASSIGN(const std::string folder, checkpoint.ComponentDir("prior"));
  EXPECT_EQ(folder, dir_ + "/prior");
  EXPECT_THAT(checkpoint.ComponentDir("decoder"), StatusIs(kNotFound, HasSubstr("lists no component \"decoder\"")));
  EXPECT_THAT(checkpoint.ComponentDir("text_encoder"), StatusIs(kNotFound, dir_ + "/text_encoder: no such folder"));
}

TEST_F(CheckpointTest, FollowsSymbolicLinks) {
  WriteIndex(kIndex);
  std::filesystem::create_directories(dir_ + "/elsewhere/prior");
  ASSERT_EQ(symlink("elsewhere/prior", (dir_ + "/prior").c_str()), 0);
  ASSERT_OK_AND_ASSIGN(const Checkpoint checkpoint, Checkpoint::Open(dir_));
  ASSERT_OK_AND_ASSIGN(const std::string folder, checkpoint.ComponentDir("prior"));
  EXPECT_EQ(folder, dir_ + "/elsewhere/prior");
}

TEST_F(CheckpointTest, FollowsTextFilesThatStandForLinks) {
  WriteTestFile(dir_ + "/variation/model_index.json", kIndex);
  std::filesystem::create_directories(dir_ + "/text/prior");
  WriteTestFile(dir_ + "/variation/prior", "../hop");
  WriteTestFile(dir_ + "/hop", "text/prior\n");
  ASSERT_OK_AND_ASSIGN(const Checkpoint checkpoint, Checkpoint::Open(dir_ + "/variation"));
  ASSERT_OK_AND_ASSIGN(const std::string folder, checkpoint.ComponentDir("prior"));
  EXPECT_EQ(folder, dir_ + "/text/prior");
}

TEST_F(CheckpointTest, RefusesLinksToNowhere) {
  WriteIndex(kIndex);
  ASSERT_OK_AND_ASSIGN(const Checkpoint checkpoint, Checkpoint::Open(dir_));
  ASSERT_EQ(symlink("nowhere", (dir_ + "/prior").c_str()), 0);
  EXPECT_THAT(checkpoint.ComponentDir("prior"), StatusIs(kNotFound, dir_ + "/prior: is a link to a folder that does not exist"));
  WriteTestFile(dir_ + "/text_encoder", "../nowhere");
  EXPECT_THAT(checkpoint.ComponentDir("text_encoder"), StatusIs(kNotFound, HasSubstr("link to a folder that does not exist")));
}

TEST_F(CheckpointTest, RefusesLinksInACircle) {
  WriteIndex(kIndex);
  ASSERT_OK_AND_ASSIGN(const Checkpoint checkpoint, Checkpoint::Open(dir_));
  ASSERT_EQ(symlink("prior", (dir_ + "/prior").c_str()), 0);
  EXPECT_THAT(checkpoint.ComponentDir("prior"), StatusIs(kNotFound, dir_ + "/prior: links run in a circle"));
  WriteTestFile(dir_ + "/text_encoder", "other");
  WriteTestFile(dir_ + "/other", "text_encoder");
  EXPECT_THAT(checkpoint.ComponentDir("text_encoder"), StatusIs(kNotFound, HasSubstr("circle")));
}

TEST_F(CheckpointTest, RefusesFilesThatAreNoLinks) {
  WriteIndex(kIndex);
  ASSERT_OK_AND_ASSIGN(const Checkpoint checkpoint, Checkpoint::Open(dir_));
  for (const std::string& text :
       {std::string(), std::string("/etc"), std::string("a\nb"), std::string("a\0b", 3), std::string(5000, 'a')}) {
    WriteTestFile(dir_ + "/prior", text);
    EXPECT_THAT(checkpoint.ComponentDir("prior"), StatusIs(kNotFound, HasSubstr("neither a folder nor a link to one")));
  }
}

TEST_F(CheckpointTest, FingerprintFollowsConfigsAndHeaders) {
  const auto fingerprint = [&](const std::vector<std::string>& components) {
    const auto checkpoint = Checkpoint::Open(dir_);
    EXPECT_OK(checkpoint);
    const auto result = checkpoint->Fingerprint(components);
    EXPECT_OK(result);
    return result.value_or("");
  };
  WriteIndex(kIndex);
  WriteComponent(dir_ + "/prior", 1);
  WriteComponent(dir_ + "/text_encoder", 1);
  const std::string first = fingerprint({"prior", "text_encoder"});
  EXPECT_THAT(first, MatchesRegex("[0-9a-f]{64}"));
  EXPECT_EQ(fingerprint({"prior", "text_encoder"}), first);
  EXPECT_NE(fingerprint({"text_encoder", "prior"}), first);
  EXPECT_NE(fingerprint({"prior"}), first);
  WriteTestFile(dir_ + "/prior/README.md", "not part of it");
  EXPECT_EQ(fingerprint({"prior", "text_encoder"}), first);

  WriteComponent(dir_ + "/prior", 1, "{\"a\":1}");
  EXPECT_NE(fingerprint({"prior", "text_encoder"}), first);
  WriteComponent(dir_ + "/prior", 1, "{}", "u");
  EXPECT_NE(fingerprint({"prior", "text_encoder"}), first);
  WriteComponent(dir_ + "/prior", 1);
  EXPECT_EQ(fingerprint({"prior", "text_encoder"}), first);
}

TEST_F(CheckpointTest, FingerprintIsTheSameElsewhereAndThroughLinks) {
  WriteIndex(kIndex);
  WriteComponent(dir_ + "/prior", 1);
  WriteTestFile(dir_ + "/copy/model_index.json", kIndex);
  ASSERT_EQ(symlink("../prior", (dir_ + "/copy/prior").c_str()), 0);
  ASSERT_OK_AND_ASSIGN(const Checkpoint checkpoint, Checkpoint::Open(dir_));
  ASSERT_OK_AND_ASSIGN(const Checkpoint copy, Checkpoint::Open(dir_ + "/copy"));
  const std::vector<std::string> components = {"prior"};
  ASSERT_OK_AND_ASSIGN(const std::string a, checkpoint.Fingerprint(components));
  ASSERT_OK_AND_ASSIGN(const std::string b, copy.Fingerprint(components));
  EXPECT_EQ(a, b);
}

TEST_F(CheckpointTest, FingerprintNamesAFileThatIsNotSound) {
  WriteIndex(kIndex);
  WriteTestFile(dir_ + "/prior/model.safetensors", "1234");
  ASSERT_OK_AND_ASSIGN(const Checkpoint checkpoint, Checkpoint::Open(dir_));
  EXPECT_THAT(checkpoint.Fingerprint(std::vector<std::string>{"prior"}),
              StatusIs(absl::StatusCode::kDataLoss, AllOf(HasSubstr("prior/model.safetensors"), HasSubstr("cut short"))));
  EXPECT_THAT(checkpoint.Fingerprint(std::vector<std::string>{"decoder"}), StatusIs(kNotFound, HasSubstr("decoder")));
}

}  // namespace
}  // namespace unclip::model
