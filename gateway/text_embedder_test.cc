#include "gateway/text_embedder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "base/fake_clock.h"
#include "base/status_matchers.h"
#include "common/metrics/metric_value.h"
#include "common/rpc/proto_duration.h"
#include "gateway/clients/fake_clip_client.h"

namespace unclip::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string BytesOf(const EmbeddedPrompts& prompts) {
  std::string bytes = prompts.text.SerializeAsString() + prompts.negative_text.SerializeAsString();
  for (const v1::Warning& warning : prompts.warnings) bytes += warning.SerializeAsString();
  return bytes;
}

class TextEmbedderTest : public testing::Test {
 protected:
  TextEmbedderTest() {
    cache_.UseModel(TextModelOf(capabilities_));
    clip_.embed = [this](const RequestContext&, const clip::v1::EmbedTextRequest& message) {
      asked_.emplace_back(message.prompts().begin(), message.prompts().end());
      clock_.Advance(absl::Milliseconds(11));
      return FakeEmbedText(message);
    };
  }

  absl::StatusOr<EmbeddedPrompts> Embed(const std::string& prompt, const std::string& negative_prompt, EmbeddingCache& cache) {
    GenerationRequest request;
    request.prompt = prompt;
    request.negative_prompt = negative_prompt;
    return EmbedPrompts(&clip_, &cache, request, capabilities_, context_);
  }
  absl::StatusOr<EmbeddedPrompts> Embed(const std::string& prompt, const std::string& negative_prompt = "") {
    return Embed(prompt, negative_prompt, cache_);
  }

  FakeClock clock_;
  Cancellation cancellation_;
  RequestContext context_{.request_id = "test", .clock = &clock_, .cancellation = &cancellation_};
  Capabilities capabilities_ = *CombineCapabilities(FakeClipInfo(), FakePriorInfo(), FakeDecoderInfo());
  FakeClipClient clip_;
  std::vector<std::vector<std::string>> asked_;  // the prompts of each call
  MetricsRegistry registry_{"gateway"};
  GatewayMetrics metrics_{registry_};
  EmbeddingCache cache_{1 << 20, &metrics_};
};

TEST_F(TextEmbedderTest, AsksForBothPromptsInOneCallAndForNoneAgain) {
  ASSERT_OK(Embed("heart", "blue"));
  ASSERT_OK(Embed("heart", "blue"));
  ASSERT_OK(Embed("blue", "heart"));
  EXPECT_THAT(asked_, ElementsAre(ElementsAre("heart", "blue")));
  EXPECT_EQ(MetricValue(registry_, "embedding_cache_misses_total"), 2);
  EXPECT_EQ(MetricValue(registry_, "embedding_cache_hits_total"), 4);
}

TEST_F(TextEmbedderTest, AsksForTheMissingPromptsOnly) {
  ASSERT_OK(Embed("heart"));
  ASSERT_OK(Embed("ring"));
  ASSERT_OK(Embed("ring", "blue"));
  EXPECT_THAT(asked_, ElementsAre(ElementsAre("heart", ""), ElementsAre("ring"), ElementsAre("blue")));
}

TEST_F(TextEmbedderTest, AsksOnceForTwoPromptsThatAreTheSame) {
  ASSERT_OK_AND_ASSIGN(const EmbeddedPrompts prompts, Embed("heart", "heart"));
  EXPECT_THAT(asked_, ElementsAre(ElementsAre("heart")));
  EXPECT_EQ(prompts.text.SerializeAsString(), prompts.negative_text.SerializeAsString());
}

TEST_F(TextEmbedderTest, AnswersTheSameBytesWithTheCacheAsWithout) {
  EmbeddingCache off(0, &metrics_);
  const std::string cut_off(kFakeMaxPromptBytes + 1, 'x');
  for (const std::string& prompt : {std::string("heart"), std::string(""), cut_off}) {
    for (const std::string& negative_prompt : {std::string("blue"), std::string(""), cut_off}) {
      ASSERT_OK_AND_ASSIGN(const EmbeddedPrompts without, Embed(prompt, negative_prompt, off));
      ASSERT_OK_AND_ASSIGN(const EmbeddedPrompts filling, Embed(prompt, negative_prompt));
      ASSERT_OK_AND_ASSIGN(const EmbeddedPrompts with, Embed(prompt, negative_prompt));
      EXPECT_EQ(BytesOf(filling), BytesOf(without));
      EXPECT_EQ(BytesOf(with), BytesOf(without));
    }
  }
}

TEST_F(TextEmbedderTest, WarnsOfAPromptThatWasCutOffEachTime) {
  for (int i = 0; i < 2; ++i) {
    ASSERT_OK_AND_ASSIGN(const EmbeddedPrompts prompts, Embed("heart", std::string(kFakeMaxPromptBytes + 1, 'x')));
    ASSERT_EQ(prompts.warnings.size(), 1u);
    EXPECT_EQ(prompts.warnings[0].code(), v1::Warning::CODE_NEGATIVE_PROMPT_TRUNCATED);
  }
}

TEST_F(TextEmbedderTest, TimesWhatItTook) {
  ASSERT_OK_AND_ASSIGN(const EmbeddedPrompts asked, Embed("heart"));
  EXPECT_EQ(FromProtoDuration(asked.timing.run_duration()), absl::Milliseconds(11));
  ASSERT_OK_AND_ASSIGN(const EmbeddedPrompts kept, Embed("heart"));
  EXPECT_EQ(kept.timing.stage(), common::v1::STAGE_EMBED_TEXT);
  EXPECT_EQ(FromProtoDuration(kept.timing.run_duration()), absl::ZeroDuration());
}

TEST_F(TextEmbedderTest, AsksEachTimeWhenTheCacheIsOff) {
  EmbeddingCache off(0, &metrics_);
  ASSERT_OK(Embed("heart", "blue", off));
  ASSERT_OK(Embed("heart", "blue", off));
  EXPECT_THAT(asked_, ElementsAre(ElementsAre("heart", "blue"), ElementsAre("heart", "blue")));
}

TEST_F(TextEmbedderTest, AsksAgainWhenTheTextModelIsAnother) {
  ASSERT_OK(Embed("heart"));
  capabilities_.clip_model.set_fingerprint("another");
  ASSERT_OK(Embed("heart"));  // before the cache was told
  cache_.UseModel(TextModelOf(capabilities_));
  ASSERT_OK(Embed("heart"));
  ASSERT_OK(Embed("heart"));
  EXPECT_EQ(asked_.size(), 3u);
}

TEST_F(TextEmbedderTest, TheTextModelIsAnotherWithAnotherTypeOrThreads) {
  const std::string model = TextModelOf(capabilities_);
  Capabilities other = capabilities_;
  other.clip_model.set_dtype("bfloat16");
  EXPECT_NE(TextModelOf(other), model);
  other = capabilities_;
  other.clip_model.set_thread_count(2);
  EXPECT_NE(TextModelOf(other), model);
  other = capabilities_;
  other.prior_model.set_fingerprint("another");
  EXPECT_EQ(TextModelOf(other), model);
}

TEST_F(TextEmbedderTest, DoesNotKeepWhatWasAskedOfAModelThatWentMeanwhile) {
  const auto embed = clip_.embed;
  clip_.embed = [&](const RequestContext& context, const clip::v1::EmbedTextRequest& message) {
    cache_.UseModel("another");
    cache_.UseModel(TextModelOf(capabilities_));
    return embed(context, message);
  };
  ASSERT_OK(Embed("heart"));
  clip_.embed = embed;
  ASSERT_OK(Embed("heart"));
  EXPECT_EQ(asked_.size(), 2u);
}

TEST_F(TextEmbedderTest, KeepsNoError) {
  const auto embed = clip_.embed;
  clip_.embed = [](const RequestContext&, const clip::v1::EmbedTextRequest&) { return absl::UnavailableError("clip is not up"); };
  EXPECT_THAT(Embed("heart"), StatusIs(absl::StatusCode::kUnavailable, "clip is not up"));
  clip_.embed = embed;
  EXPECT_OK(Embed("heart"));
  EXPECT_THAT(asked_, ElementsAre(ElementsAre("heart", "")));
}

TEST_F(TextEmbedderTest, RefusesAndDoesNotKeepAnEmbeddingThatIsBroken) {
  const auto embed = clip_.embed;
  const std::vector<void (*)(common::v1::TextConditioning&)> faults = {
      [](common::v1::TextConditioning& text) { text.set_text_embedding(0, std::nanf("")); },
      [](common::v1::TextConditioning& text) { text.mutable_text_embedding()->RemoveLast(); },
      [](common::v1::TextConditioning& text) { text.set_hidden_states(1, INFINITY); },
      [](common::v1::TextConditioning& text) { text.add_hidden_states(0); },
      [](common::v1::TextConditioning& text) { text.clear_attention_mask(); },
  };
  for (const auto& fault : faults) {
    clip_.embed = [&](const RequestContext& context, const clip::v1::EmbedTextRequest& message) {
      absl::StatusOr<clip::v1::EmbedTextResponse> response = embed(context, message);
      fault(*response->mutable_embeddings(0)->mutable_conditioning());
      return response;
    };
    EXPECT_THAT(Embed("heart"), StatusIs(absl::StatusCode::kInternal, HasSubstr("broken embedding: prompt's ")));
  }
  EXPECT_EQ(MetricValue(registry_, "embedding_cache_bytes"), 0);
}

TEST_F(TextEmbedderTest, ACancelledRequestEndsWithItsReasonThoughEverythingIsKept) {
  ASSERT_OK(Embed("heart"));
  cancellation_.Cancel(absl::CancelledError("the caller left"));
  EXPECT_THAT(Embed("heart"), StatusIs(absl::StatusCode::kCancelled, "the caller left"));
}

TEST_F(TextEmbedderTest, ACallThatWasCancelledLeavesNothingBehind) {
  const auto embed = clip_.embed;
  clip_.embed = [](const RequestContext& context, const clip::v1::EmbedTextRequest&) {
    context.cancellation->Cancel(absl::CancelledError("the caller left"));
    return context.cancellation->status();
  };
  EXPECT_THAT(Embed("heart"), StatusIs(absl::StatusCode::kCancelled, "the caller left"));
  EXPECT_THAT(asked_, IsEmpty());

  clip_.embed = embed;
  Cancellation another;
  context_.cancellation = &another;
  EXPECT_OK(Embed("heart"));
  EXPECT_EQ(asked_.size(), 1u);
}

}  // namespace
}  // namespace unclip::gateway
