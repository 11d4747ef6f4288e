// The decoder cascade on LibTorch, with a checkpoint of random weights and odd sizes.
#include "services/decoder/decoder_engine_factory.h"

#include <cmath>
#include <utility>
#include <vector>

#include "base/status_matchers.h"

namespace unclip::decoder {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kCheckpoint[] = "tests/goldens/odd-shapes/text-to-image";

class DecoderEngineTest : public testing::Test {
 protected:
  void SetUp() override {
    auto engine = LoadDecoderEngine({.checkpoint = kCheckpoint, .thread_count = 1});
    ASSERT_OK(engine);
    engine_ = *std::move(engine);
  }

  DecodeImageInput Input() const {
    const DecoderModelInfo& info = engine_->info();
    DecodeImageInput input;
    for (int i = 0; i < info.embedding_dim; ++i) {
      input.image_embedding.push_back(std::sin(0.9F * i));
      input.text.text_embedding.push_back(std::sin(0.7F * i));
    }
    for (int i = 0; i < info.context_length * info.hidden_dim; ++i) input.text.hidden_states.push_back(std::cos(0.3F * i));
    input.text.attention_mask.assign(info.context_length, 0);
    std::fill_n(input.text.attention_mask.begin(), 9, 1);
    input.negative_text = input.text;
    input.decoder_step_count = 3;
    input.super_res_step_counts = {2};
    input.guidance_scale = 3;
    input.seed = 11;
    return input;
  }

  static absl::Status Ignore(const DecodeProgress& /*progress*/) { return absl::OkStatus(); }

  std::unique_ptr<DecoderEngine> engine_;
};

TEST_F(DecoderEngineTest, TellsWhatItHolds) {
  EXPECT_EQ(engine_->info().base_size, 12);
  EXPECT_THAT(engine_->info().super_res_sizes, ElementsAre(36));
  EXPECT_EQ(engine_->info().context_length, 29);
  EXPECT_EQ(engine_->info().embedding_dim, 20);
}

TEST_F(DecoderEngineTest, GivesTheSamePixelsForTheSameSeed) {
  ASSERT_OK_AND_ASSIGN(const RgbImage first, engine_->Decode(Input(), Ignore));
  DecodeImageInput other = Input();
  other.seed = 12;
  ASSERT_OK_AND_ASSIGN(const RgbImage different, engine_->Decode(other, Ignore));
  ASSERT_OK_AND_ASSIGN(const RgbImage again, engine_->Decode(Input(), Ignore));
  EXPECT_EQ(first.width, 36);
  EXPECT_EQ(first.pixels.size(), 36u * 36 * 3);
  EXPECT_EQ(first.pixels, again.pixels);
  EXPECT_NE(first.pixels, different.pixels);
}

TEST_F(DecoderEngineTest, ReportsEachStepAndThePreviewsThatAreDue) {
  DecodeImageInput input = Input();
  input.preview_step_interval = 2;
  std::vector<std::pair<int, int>> steps;
  std::vector<int> preview_sides;
  ASSERT_OK(engine_->Decode(input, [&](const DecodeProgress& progress) {
    steps.emplace_back(progress.stage, progress.step);
    preview_sides.push_back(progress.preview ? progress.preview->width : 0);
    return absl::OkStatus();
  }));
  EXPECT_THAT(steps, ElementsAre(std::pair(0, 1), std::pair(0, 2), std::pair(0, 3), std::pair(1, 1), std::pair(1, 2)));
  EXPECT_THAT(preview_sides, ElementsAre(0, 12, 0, 0, 36));
}

TEST_F(DecoderEngineTest, PreviewsDoNotChangeThePicture) {
  ASSERT_OK_AND_ASSIGN(const RgbImage without, engine_->Decode(Input(), Ignore));
  DecodeImageInput input = Input();
  input.preview_step_interval = 1;
  ASSERT_OK_AND_ASSIGN(const RgbImage with, engine_->Decode(input, Ignore));
  EXPECT_EQ(without.pixels, with.pixels);
}

TEST_F(DecoderEngineTest, StopsAtTheNextStepInEveryStage) {
  for (int stage : {0, 1}) {
    int calls_after = 0;
    bool left = false;
    const auto result = engine_->Decode(Input(), [&](const DecodeProgress& progress) {
      if (left) ++calls_after;
      left = left || progress.stage == stage;
      return left ? absl::CancelledError("the caller left") : absl::OkStatus();
    });
    EXPECT_THAT(result, StatusIs(absl::StatusCode::kCancelled, "the caller left"));
    EXPECT_EQ(calls_after, 0);
  }
}

TEST(LoadDecoderEngineTest, NamesWhatIsWrong) {
  EXPECT_THAT(LoadDecoderEngine({.checkpoint = "tests/goldens/no-such-folder"}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("no-such-folder")));
  EXPECT_THAT(LoadDecoderEngine({.checkpoint = kCheckpoint, .dtype = "int4"}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("float32, bfloat16, float16 or auto")));
}

TEST(LoadDecoderEngineTest, ServesInLowPrecision) {
  for (const char* dtype : {"bfloat16", "float16"}) {
    EXPECT_OK(LoadDecoderEngine({.checkpoint = kCheckpoint, .dtype = dtype, .thread_count = 1})) << dtype;
  }
}

}  // namespace
}  // namespace unclip::decoder
