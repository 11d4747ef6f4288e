#include "model/weights/checkpoint_parameter_source.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "base/status_matchers.h"
#include "model/weights/resident_pages.h"
#include "model/weights/safetensors_writer.h"
#include "model/weights/test_files.h"
#include "model/weights/weight_store.h"

namespace unclip::model {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

template <typename T>
absl::Span<const std::byte> BytesOf(const std::vector<T>& values) {
  return absl::MakeConstSpan(reinterpret_cast<const std::byte*>(values.data()), values.size() * sizeof(T));
}

class CheckpointParameterSourceTest : public testing::Test {
 protected:
  using Tensors = std::vector<std::pair<SafetensorsWriter::Declaration, absl::Span<const std::byte>>>;

  void Open(const Tensors& tensors) {
    std::vector<SafetensorsWriter::Declaration> declarations;
    for (const auto& [declaration, data] : tensors) declarations.push_back(declaration);
    ASSERT_OK_AND_ASSIGN(auto writer, SafetensorsWriter::Create(path_, declarations));
    for (const auto& [declaration, data] : tensors) ASSERT_OK(writer->Append(data));
    ASSERT_OK(writer->Close());
    ASSERT_OK_AND_ASSIGN(store_, WeightStore::Open(dir_));
  }

  const std::string dir_ = MakeTestDir();
  const std::string path_ = dir_ + "/model.safetensors";
  std::shared_ptr<const WeightStore> store_;
};

TEST_F(CheckpointParameterSourceTest, GivesAViewWhereTheTypesAreEqual) {
  Open({{{"t", Dtype::kF32, {2, 2}}, BytesOf<float>({1, 2, 3, 4})}});
  CheckpointParameterSource source(store_, at::kFloat);
  EXPECT_TRUE(source.Has("t"));
  EXPECT_FALSE(source.Has("u"));
  const at::Tensor tensor = source.Get("t", {2, 2});
  ASSERT_OK(source.Finish());
  EXPECT_EQ(tensor.const_data_ptr(), static_cast<const void*>(store_->Find("t").entry->data.data()));
  EXPECT_TRUE(at::equal(tensor, at::tensor({1.0f, 2.0f, 3.0f, 4.0f}).view({2, 2})));
}

TEST_F(CheckpointParameterSourceTest, ConvertsBetweenFloatTypes) {
  const std::vector<uint16_t> half = {0x3c00, 0xc100};    // 1, -2.5
  const std::vector<uint16_t> bfloat = {0x3f80, 0xc020};  // 1, -2.5
  const std::vector<float> single = {1, -2.5f};
  for (const at::ScalarType type : {at::kFloat, at::kHalf, at::kBFloat16}) {
    Open({{{"f32", Dtype::kF32, {2}}, BytesOf(single)},
          {{"f16", Dtype::kF16, {2}}, BytesOf(half)},
          {{"bf16", Dtype::kBF16, {2}}, BytesOf(bfloat)}});
    CheckpointParameterSource source(store_, type);
    for (const std::string name : {"f32", "f16", "bf16"}) {
      const at::Tensor tensor = source.Get(name, {2});
      ASSERT_OK(source.status());
      EXPECT_EQ(tensor.scalar_type(), type);
      EXPECT_TRUE(at::equal(tensor.to(at::kFloat), at::tensor({1.0f, -2.5f}))) << name;
    }
    EXPECT_OK(source.Finish());
  }
}

TEST_F(CheckpointParameterSourceTest, ReadsMisalignedData) {
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    Open({{{"one", Dtype::kBF16, {0}}, {}},
          {{"odd", Dtype::kF16, {1}}, BytesOf<uint16_t>({0x3c00})},
          {{"t", Dtype::kF32, {2}}, BytesOf<float>({3, 4})}});
    ASSERT_NE(reinterpret_cast<uintptr_t>(store_->Find("t").entry->data.data()) % 4, 0u);
    CheckpointParameterSource source(store_, type);
    EXPECT_TRUE(at::equal(source.Get("t", {2}).to(at::kFloat), at::tensor({3.0f, 4.0f})));
    EXPECT_EQ(source.Get("one", {0}).numel(), 0);
    EXPECT_EQ(source.Get("odd", {1}).item<float>(), 1.0f);
    EXPECT_OK(source.Finish());
  }
}

TEST_F(CheckpointParameterSourceTest, KeepsTheFileOpenAsLongAsATensorLives) {
  Open({{{"t", Dtype::kF32, {1}}, BytesOf<float>({5})}});
  at::Tensor tensor = CheckpointParameterSource(store_, at::kFloat).Get("t", {1});
  const std::weak_ptr<const SafetensorsFile> file = store_->Find("t").file;
  store_.reset();
  EXPECT_EQ(tensor.item<float>(), 5.0f);
  tensor = at::Tensor();
  EXPECT_TRUE(file.expired());
}

TEST_F(CheckpointParameterSourceTest, LeavesNoSecondCopyResident) {
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const std::vector<float> values(16 * page / sizeof(float), 1.0f);
  const int64_t count = static_cast<int64_t>(values.size());
  Open({{{"t", Dtype::kF32, {count}}, BytesOf(values)}});
  const absl::Span<const std::byte> data = store_->Find("t").entry->data;
  constexpr int64_t kEdgePages = 2;  // shared with the header and the end

  at::Tensor converted = CheckpointParameterSource(store_, at::kBFloat16).Get("t", {count});
  EXPECT_EQ(converted.sum().item<float>(), static_cast<float>(count));
  EXPECT_LE(ResidentPages(data), kEdgePages);

  at::Tensor view = CheckpointParameterSource(store_, at::kFloat).Get("t", {count});
  EXPECT_EQ(view.sum().item<float>(), static_cast<float>(count));
  EXPECT_GE(ResidentPages(data), 16);
  view = at::Tensor();
  EXPECT_LE(ResidentPages(data), kEdgePages);
}

TEST_F(CheckpointParameterSourceTest, NamesAMissingTensor) {
  Open({{{"t", Dtype::kF32, {1}}, BytesOf<float>({5})}});
  CheckpointParameterSource source(store_, at::kFloat);
  EXPECT_FALSE(source.Get("norm.weight", {7}).defined());
  EXPECT_THAT(source.status(), StatusIs(kInvalid, path_ + ": tensor \"norm.weight\" is missing; the config asks for shape [7]"));
  EXPECT_FALSE(source.Get("t", {1}).defined()) << "after an error nothing is handed out";
  EXPECT_THAT(source.Finish(), StatusIs(kInvalid, HasSubstr("norm.weight")));
}

TEST_F(CheckpointParameterSourceTest, NamesATensorOfAnotherShape) {
  Open({{{"t", Dtype::kF32, {2, 3}}, BytesOf<float>({1, 2, 3, 4, 5, 6})}});
  for (const std::vector<int64_t>& shape : {std::vector<int64_t>{3, 2}, {6}, {2, 3, 1}, {}}) {
    CheckpointParameterSource source(store_, at::kFloat);
    EXPECT_FALSE(source.Get("t", shape).defined());
    EXPECT_THAT(source.status(),
                StatusIs(kInvalid, AllOf(HasSubstr(path_ + ": tensor \"t\" has shape [2, 3]; the config asks for "),
                                         HasSubstr(ShapeText(shape)))));
  }
}

TEST_F(CheckpointParameterSourceTest, RefusesTensorsThatAreNoWeights) {
  const std::vector<double> zero = {0};
  Open({{{"f64", Dtype::kF64, {1}}, BytesOf(zero)},
        {{"i64", Dtype::kI64, {1}}, BytesOf(zero)},
        {{"f8", Dtype::kF8E4M3, {8}}, BytesOf(zero)}});
  for (const auto& [name, shape] : std::vector<std::pair<std::string, int64_t>>{{"f64", 1}, {"i64", 1}, {"f8", 8}}) {
    CheckpointParameterSource source(store_, at::kFloat);
    EXPECT_FALSE(source.Get(name, {shape}).defined());
    EXPECT_THAT(source.status(),
                StatusIs(kInvalid, AllOf(HasSubstr("\"" + name + "\" has type"), HasSubstr("must be F32, F16 or BF16"))));
  }
}

TEST_F(CheckpointParameterSourceTest, RefusesValuesThatAreNotFinite) {
  Open({{{"inf", Dtype::kF16, {2}}, BytesOf<uint16_t>({0x3c00, 0x7c00})},
        {{"large", Dtype::kF32, {1}}, BytesOf<float>({1e38F})},
        {{"nan", Dtype::kF32, {1}}, BytesOf<float>({std::numeric_limits<float>::quiet_NaN()})}});
  for (const auto& [name, type] :
       {std::pair("inf", at::kHalf), {"inf", at::kBFloat16}, {"large", at::kHalf}, {"nan", at::kFloat}}) {
    const std::vector<int64_t> shape = store_->Find(name).entry->shape;
    CheckpointParameterSource kept(store_, type), borrowed(store_, type);
    EXPECT_FALSE(kept.Get(name, shape).defined()) << name;
    EXPECT_FALSE(borrowed.Borrow({{.name = name, .shape = shape}}).defined()) << name;
    for (const absl::Status& status : {kept.status(), borrowed.status()}) {
      EXPECT_THAT(status, StatusIs(kInvalid, AllOf(HasSubstr(path_ + ": tensor \"" + name + "\" of type"),
                                                   HasSubstr("values that are not finite in"))));
    }
  }
}

TEST_F(CheckpointParameterSourceTest, LendsPartsOneBelowTheOther) {
  Open({{{"a", Dtype::kF16, {1, 2}}, BytesOf<uint16_t>({0x3c00, 0x4000})},
        {{"b", Dtype::kF32, {2, 2}}, BytesOf<float>({3, 4, 5, 6})}});
  CheckpointParameterSource source(store_, at::kBFloat16);
  const at::Tensor both = source.Borrow({{.name = "a", .shape = {1, 2}}, {.name = "b", .shape = {2, 2}}});
  ASSERT_OK(source.Finish());
  EXPECT_TRUE(at::equal(both.to(at::kFloat), at::tensor({1.0F, 2.0F, 3.0F, 4.0F, 5.0F, 6.0F}).view({3, 2})));
}

TEST_F(CheckpointParameterSourceTest, LendsKernelsChannelsLast) {
  std::vector<float> values(54);
  std::iota(values.begin(), values.end(), 0.0F);
  Open({{{"k", Dtype::kF32, {2, 3, 3, 3}}, BytesOf(values)}});
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    CheckpointParameterSource source(store_, type);
    const at::Tensor kernel = source.Borrow({{.name = "k", .shape = {2, 3, 3, 3}}});
    EXPECT_TRUE(kernel.is_contiguous(at::MemoryFormat::ChannelsLast));
    EXPECT_TRUE(at::equal(kernel, source.Get("k", {2, 3, 3, 3})));
  }
}

TEST_F(CheckpointParameterSourceTest, NamesTensorsThatNobodyAskedFor) {
  const std::vector<float> one = {1};
  Open({{{"a", Dtype::kF32, {1}}, BytesOf(one)},
        {{"b", Dtype::kF32, {1}}, BytesOf(one)},
        {{"c", Dtype::kF32, {1}}, BytesOf(one)},
        {{"d", Dtype::kF32, {1}}, BytesOf(one)},
        {{"e", Dtype::kF32, {1}}, BytesOf(one)}});
  CheckpointParameterSource source(store_, at::kFloat);
  for (const std::string name : {"a", "b", "c", "d"}) source.Get(name, {1});
  EXPECT_THAT(source.Finish(), StatusIs(kInvalid, AllOf(HasSubstr(path_ + ": 1 tensor is unknown"), HasSubstr(": \"e\""))));
  CheckpointParameterSource none(store_, at::kFloat);
  EXPECT_THAT(none.Finish(),
              StatusIs(kInvalid, AllOf(HasSubstr("5 tensors are unknown"), HasSubstr("\"a\", \"b\", \"c\", ..."))));
}

TEST_F(CheckpointParameterSourceTest, OverlooksPositionIdsOnly) {
  const std::vector<int64_t> ids = {0};
  Open({{{"text_model.embeddings.position_ids", Dtype::kI64, {1, 1}}, BytesOf(ids)}});
  EXPECT_OK(CheckpointParameterSource(store_, at::kFloat).Finish());
  EXPECT_TRUE(IsHarmlessBuffer("vision_model.embeddings.position_ids"));
  EXPECT_FALSE(IsHarmlessBuffer("embeddings.position_ids"));
}

}  // namespace
}  // namespace unclip::model
