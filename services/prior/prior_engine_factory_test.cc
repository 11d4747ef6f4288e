// The prior on LibTorch, with the default checkpoint.
#include "services/prior/prior_engine_factory.h"

#include <cmath>
#include <vector>

#include "base/status_matchers.h"

namespace unclip::prior {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class PriorEngineTest : public testing::Test {
 protected:
  void SetUp() override {
    auto engine = LoadPriorEngine({.checkpoint = "models/shapes32/text-to-image", .thread_count = 1});
    ASSERT_OK(engine);
    engine_ = *std::move(engine);
  }

  SamplePriorInput Input() const {
    const PriorModelInfo& info = engine_->info();
    SamplePriorInput input;
    for (int i = 0; i < info.embedding_dim; ++i) input.text.text_embedding.push_back(std::sin(0.7F * i));
    for (int i = 0; i < info.context_length * info.hidden_dim; ++i) input.text.hidden_states.push_back(std::cos(0.3F * i));
    input.text.attention_mask.assign(info.context_length, 0);
    std::fill_n(input.text.attention_mask.begin(), 9, 1);
    input.negative_text = input.text;
    std::fill(input.negative_text.text_embedding.begin(), input.negative_text.text_embedding.end(), 0.1F);
    input.step_count = 4;
    input.guidance_scale = 3;
    input.seed = 11;
    return input;
  }

  static absl::Status Ignore(int /*step*/) { return absl::OkStatus(); }

  std::unique_ptr<PriorEngine> engine_;
};

TEST_F(PriorEngineTest, TellsWhatItHolds) {
  EXPECT_EQ(engine_->info().checkpoint_name, "shapes32");
  EXPECT_EQ(engine_->info().embedding_dim, 128);
  EXPECT_EQ(engine_->info().context_length, 24);
  EXPECT_EQ(engine_->info().thread_count, 1);
  EXPECT_EQ(engine_->info().fingerprint.size(), 64u);
}

TEST_F(PriorEngineTest, GivesTheSameBitsForTheSameSeed) {
  ASSERT_OK_AND_ASSIGN(const auto first, engine_->Sample(Input(), Ignore));
  SamplePriorInput other = Input();
  other.seed = 12;
  ASSERT_OK_AND_ASSIGN(const auto different, engine_->Sample(other, Ignore));
  ASSERT_OK_AND_ASSIGN(const auto again, engine_->Sample(Input(), Ignore));
  EXPECT_EQ(first, again);
  EXPECT_NE(first, different);
}

TEST_F(PriorEngineTest, DrawsACandidateAlikeWhateverTheCount) {
  ASSERT_OK_AND_ASSIGN(const auto one, engine_->Sample(Input(), Ignore));
  SamplePriorInput input = Input();
  input.candidate_count = 3;
  ASSERT_OK_AND_ASSIGN(const auto three, engine_->Sample(input, Ignore));
  ASSERT_EQ(three.size(), 3u);
  EXPECT_NE(three[0], three[1]);
  EXPECT_EQ(one[0], three[0]);
}

TEST_F(PriorEngineTest, IgnoresTheNegativePromptWithoutGuidance) {
  SamplePriorInput input = Input();
  input.guidance_scale = 1;
  ASSERT_OK_AND_ASSIGN(const auto with, engine_->Sample(input, Ignore));
  input.negative_text = {};
  ASSERT_OK_AND_ASSIGN(const auto without, engine_->Sample(input, Ignore));
  EXPECT_EQ(with, without);
}

TEST_F(PriorEngineTest, StopsAtTheNextStepWhenToldTo) {
  std::vector<int> steps;
  const auto result = engine_->Sample(Input(), [&](int step) {
    steps.push_back(step);
    return step == 2 ? absl::CancelledError("the caller left") : absl::OkStatus();
  });
  EXPECT_THAT(result, StatusIs(absl::StatusCode::kCancelled, "the caller left"));
  EXPECT_THAT(steps, ElementsAre(1, 2));
}

TEST_F(PriorEngineTest, RefusesNumbersThatOverflow) {
  SamplePriorInput input = Input();
  std::fill(input.text.hidden_states.begin(), input.text.hidden_states.end(), 3e38F);
  EXPECT_THAT(engine_->Sample(input, Ignore), StatusIs(absl::StatusCode::kInternal, HasSubstr("not finite")));
  EXPECT_OK(engine_->Sample(Input(), Ignore));
}

TEST(LoadPriorEngineTest, NamesWhatIsWrong) {
  EXPECT_THAT(LoadPriorEngine({.checkpoint = "models/no-such-folder"}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("no-such-folder")));
  EXPECT_THAT(LoadPriorEngine({.checkpoint = "models/shapes32/text-to-image", .dtype = "int8"}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("float32, bfloat16, float16 or auto")));
  EXPECT_THAT(LoadPriorEngine({.checkpoint = "models/shapes32/image-variation"}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("prior")));
}

TEST(LoadPriorEngineTest, ServesInLowPrecision) {
  for (const char* dtype : {"bfloat16", "float16"}) {
    EXPECT_OK(LoadPriorEngine({.checkpoint = "models/shapes32/text-to-image", .dtype = dtype, .thread_count = 1})) << dtype;
  }
}

}  // namespace
}  // namespace unclip::prior
