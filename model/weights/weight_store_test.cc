#include "model/weights/weight_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

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
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kNotFound = absl::StatusCode::kNotFound;

class WeightStoreTest : public testing::Test {
 protected:
  // A file of the folder with tensors of two bytes each.
  void WriteWeights(const std::string& file, const std::vector<std::string>& tensors) {
    std::vector<SafetensorsWriter::Declaration> declarations;
    declarations.reserve(tensors.size());
    for (const std::string& name : tensors) declarations.push_back({name, Dtype::kF16, {1}});
    ASSERT_OK_AND_ASSIGN(auto writer, SafetensorsWriter::Create(dir_ + "/" + file, declarations));
    ASSERT_OK(writer->Append(std::vector<std::byte>(2 * tensors.size())));
    ASSERT_OK(writer->Close());
  }
  void WriteIndex(absl::string_view text) { WriteTestFile(dir_ + "/model.safetensors.index.json", text); }

  const std::string dir_ = MakeTestDir();
};

TEST_F(WeightStoreTest, OpensOneFileByAnyOfItsNames) {
  for (const std::string name : {"diffusion_pytorch_model.safetensors", "model.safetensors",
                                 "diffusion_pytorch_model.fp16.safetensors", "model.fp16.safetensors"}) {
    WriteWeights(name, {"b", "a"});
    ASSERT_OK_AND_ASSIGN(const auto store, WeightStore::Open(dir_));
    EXPECT_EQ(store->path(), dir_ + "/" + name);
    EXPECT_THAT(store->names(), ElementsAre("a", "b"));
    EXPECT_EQ(store->parameter_count(), 2u);
    EXPECT_EQ(store->byte_count(), 4u);
    EXPECT_TRUE(store->Has("a"));
    EXPECT_FALSE(store->Has("c"));
    EXPECT_FALSE(store->Find("c"));
    const WeightStore::Weight weight = store->Find("b");
    ASSERT_TRUE(weight);
    EXPECT_EQ(weight.entry->name, "b");
    EXPECT_EQ(weight.file->path(), store->path());
    ASSERT_EQ(unlink((dir_ + "/" + name).c_str()), 0);
  }
}

TEST_F(WeightStoreTest, PrefersTheFullPrecision) {
  WriteWeights("model.fp16.safetensors", {"a"});
  WriteWeights("model.safetensors", {"a"});
  ASSERT_OK_AND_ASSIGN(const auto store, WeightStore::Open(dir_));
  EXPECT_EQ(store->path(), dir_ + "/model.safetensors");
}

TEST_F(WeightStoreTest, OpensShards) {
  WriteWeights("model-00001-of-00002.safetensors", {"a", "b"});
  WriteWeights("model-00002-of-00002.safetensors", {"c"});
  WriteIndex(R"({"metadata":{"total_size":6},"weight_map":{"a":"model-00001-of-00002.safetensors",
                 "b":"model-00001-of-00002.safetensors","c":"model-00002-of-00002.safetensors"}})");
  ASSERT_OK_AND_ASSIGN(const auto store, WeightStore::Open(dir_));
  EXPECT_THAT(store->names(), ElementsAre("a", "b", "c"));
  EXPECT_THAT(store->files(), SizeIs(2));
  EXPECT_EQ(store->Find("c").file->path(), dir_ + "/model-00002-of-00002.safetensors");
  EXPECT_EQ(store->path(), dir_ + "/model.safetensors.index.json");
}

TEST_F(WeightStoreTest, RefusesShardNamesThatLeadElsewhere) {
  WriteWeights("s.safetensors", {"a"});
  for (const std::string& name : {std::string("../s.safetensors"), dir_ + "/s.safetensors", std::string("./s.safetensors"),
                                  std::string(""), std::string(".."), std::string("."), std::string("s.bin"),
                                  std::string("x\\\\s.safetensors"), std::string("\\u0000s.safetensors")}) {
    WriteIndex(absl::StrCat(R"({"weight_map":{"a":")", name, R"("}})"));
    EXPECT_THAT(WeightStore::Open(dir_), StatusIs(kInvalid, AllOf(HasSubstr("index.json: tensor \"a\" is in"),
                                                                  HasSubstr("must be the name of a .safetensors file"))))
        << name;
  }
  WriteIndex(R"({"weight_map":{"a":7}})");
  EXPECT_THAT(WeightStore::Open(dir_), StatusIs(kInvalid, HasSubstr("is in 7")));
}

TEST_F(WeightStoreTest, RefusesAnIndexThatIsNotSound) {
  for (const absl::string_view text : {"{}", R"({"weight_map":{}})", R"({"weight_map":[]})", R"({"weight_map":null})"}) {
    WriteIndex(text);
    EXPECT_THAT(WeightStore::Open(dir_), StatusIs(kInvalid, HasSubstr("\"weight_map\" must be an object"))) << text;
  }
  WriteIndex("{");
  EXPECT_THAT(WeightStore::Open(dir_), StatusIs(kInvalid, HasSubstr("not valid JSON")));
}

TEST_F(WeightStoreTest, NamesAShardThatIsMissing) {
  WriteIndex(R"({"weight_map":{"a":"s.safetensors"}})");
  EXPECT_THAT(WeightStore::Open(dir_),
              StatusIs(kNotFound, AllOf(HasSubstr(dir_ + "/s.safetensors: no such file"), HasSubstr("index.json"))));
}

TEST_F(WeightStoreTest, HoldsTheIndexAndTheShardsToEachOther) {
  WriteWeights("s.safetensors", {"a", "b"});
  WriteIndex(R"({"weight_map":{"a":"s.safetensors"}})");
  EXPECT_THAT(WeightStore::Open(dir_), StatusIs(kInvalid, HasSubstr("tensor \"b\" is not in the index")));
  WriteIndex(R"({"weight_map":{"a":"s.safetensors","b":"s.safetensors","c":"s.safetensors"}})");
  EXPECT_THAT(WeightStore::Open(dir_), StatusIs(kInvalid, HasSubstr("s.safetensors: has no tensor \"c\"")));
  WriteWeights("t.safetensors", {"b"});
  WriteIndex(R"({"weight_map":{"a":"s.safetensors","b":"t.safetensors"}})");
  EXPECT_THAT(WeightStore::Open(dir_), StatusIs(kInvalid, HasSubstr("tensor \"b\" is also in")));
  WriteWeights("s.safetensors", {"a"});
  WriteWeights("t.safetensors", {"b"});
  WriteIndex(R"({"weight_map":{"a":"t.safetensors","b":"s.safetensors"}})");
  EXPECT_THAT(WeightStore::Open(dir_), StatusIs(kInvalid, HasSubstr("t.safetensors: has no tensor \"a\"")));
}

TEST_F(WeightStoreTest, RefusesPickles) {
  WriteTestFile(dir_ + "/pytorch_model.bin", "\x80\x02");
  EXPECT_THAT(WeightStore::Open(dir_), StatusIs(kInvalid, AllOf(HasSubstr(dir_), HasSubstr("as a pickle (pytorch_model.bin)"))));
  WriteTestFile(dir_ + "/model.safetensors", "PK\x03\x04 and so on");
  EXPECT_THAT(WeightStore::Open(dir_),
              StatusIs(kInvalid, AllOf(HasSubstr("model.safetensors"), HasSubstr("looks like a pickle"))));
}

TEST_F(WeightStoreTest, SaysWhereItFoundNoWeights) {
  EXPECT_THAT(WeightStore::Open(dir_), StatusIs(kNotFound, HasSubstr(dir_ + ": has no weights")));
  EXPECT_THAT(WeightStore::Open(dir_ + "/none"), StatusIs(kNotFound, HasSubstr(dir_ + "/none: cannot be read")));
}

TEST_F(WeightStoreTest, FollowsLinks) {
  WriteWeights("blob", {"a"});
  ASSERT_EQ(symlink("blob", (dir_ + "/model.safetensors").c_str()), 0);
  ASSERT_OK_AND_ASSIGN(const auto store, WeightStore::Open(dir_));
  EXPECT_TRUE(store->Has("a"));
}

TEST_F(WeightStoreTest, DoesNotPassOverALinkToNowhere) {
  WriteWeights("model.fp16.safetensors", {"a"});
  ASSERT_EQ(symlink("blob", (dir_ + "/model.safetensors").c_str()), 0);
  EXPECT_THAT(WeightStore::Open(dir_),
              StatusIs(kNotFound, HasSubstr("model.safetensors: is a link to a file that does not exist")));
}

TEST_F(WeightStoreTest, RefusesLinksInACircle) {
  ASSERT_EQ(symlink("b", (dir_ + "/model.safetensors").c_str()), 0);
  ASSERT_EQ(symlink("model.safetensors", (dir_ + "/b").c_str()), 0);
  EXPECT_THAT(WeightStore::Open(dir_), StatusIs(kNotFound, HasSubstr("circle")));
}

}  // namespace
}  // namespace unclip::model
