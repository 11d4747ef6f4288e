#include "gateway/embedding_cache.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/metrics/metric_value.h"
#include "gateway/testing/fake_models.h"

namespace unclip::gateway {
namespace {

EmbeddingCache::Embedding EmbeddingOf(const std::string& prompt) {
  clip::v1::EmbedTextRequest request;
  request.add_prompts(prompt);
  return std::make_shared<const clip::v1::TextEmbedding>(FakeEmbedText(request).embeddings(0));
}

// All prompts of one letter take the same room.
const int64_t kEntryBytes = EmbeddingCache::BytesOf("a", *EmbeddingOf("a"));

class EmbeddingCacheTest : public testing::Test {
 protected:
  EmbeddingCacheTest() { cache_.UseModel("model"); }

  void Insert(const std::string& prompt) { cache_.Insert(cache_.EraOf("model"), prompt, EmbeddingOf(prompt)); }
  bool Has(const std::string& prompt) { return cache_.Find(cache_.EraOf("model"), prompt) != nullptr; }
  double Metric(const char* what) { return MetricValue(registry_, absl::StrCat("embedding_cache_", what)); }

  MetricsRegistry registry_{"gateway"};
  GatewayMetrics metrics_{registry_};
  EmbeddingCache cache_{3 * kEntryBytes, &metrics_};
};

TEST_F(EmbeddingCacheTest, FindsWhatWasInserted) {
  Insert("a");
  Insert("");
  for (const std::string prompt : {"a", ""}) {
    const EmbeddingCache::Embedding found = cache_.Find(cache_.EraOf("model"), prompt);
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->SerializeAsString(), EmbeddingOf(prompt)->SerializeAsString());
  }
  EXPECT_EQ(Metric("hits_total"), 2);
  EXPECT_EQ(Metric("misses_total"), 0);
}

TEST_F(EmbeddingCacheTest, TellsPromptsApartByEveryByte) {
  Insert("a");
  for (const std::string& prompt : {std::string("A"), std::string("a "), std::string("a\0", 2), std::string("")}) {
    EXPECT_FALSE(Has(prompt));
  }
  EXPECT_EQ(Metric("hits_total"), 0);
  EXPECT_EQ(Metric("misses_total"), 4);
}

TEST_F(EmbeddingCacheTest, ForgetsWhatWasNotUsedForLongest) {
  for (const char* prompt : {"a", "b", "c"}) Insert(prompt);
  EXPECT_TRUE(Has("a"));
  Insert("d");
  EXPECT_FALSE(Has("b"));
  EXPECT_TRUE(Has("a") && Has("c") && Has("d"));
  Insert("e");
  EXPECT_FALSE(Has("a"));
  EXPECT_TRUE(Has("c") && Has("d") && Has("e"));
  EXPECT_EQ(Metric("evictions_total"), 2);
}

TEST_F(EmbeddingCacheTest, StaysWithinItsBytes) {
  for (const char* prompt : {"a", "b", "c"}) Insert(prompt);
  EXPECT_EQ(Metric("bytes"), 3 * kEntryBytes);
  Insert("d");
  EXPECT_EQ(Metric("bytes"), 3 * kEntryBytes);
  // One that takes the room of two makes two go.
  Insert(std::string(1 + kEntryBytes, 'x'));
  EXPECT_EQ(Metric("bytes"), 3 * kEntryBytes);
  EXPECT_EQ(Metric("evictions_total"), 3);
  EXPECT_TRUE(Has("d"));
}

TEST_F(EmbeddingCacheTest, CountsThePromptAndTheEmbeddingAsTheyAre) {
  EXPECT_EQ(EmbeddingCache::BytesOf("abc", *EmbeddingOf("a")), kEntryBytes + 2);
  EXPECT_GT(kEntryBytes, static_cast<int64_t>(EmbeddingOf("a")->SpaceUsedLong()));
}

TEST_F(EmbeddingCacheTest, LeavesTheRestAloneForWhatCannotFit) {
  Insert("a");
  const std::string large(3 * kEntryBytes, 'x');
  Insert(large);
  EXPECT_FALSE(Has(large));
  EXPECT_TRUE(Has("a"));
  EXPECT_EQ(Metric("evictions_total"), 0);
}

TEST_F(EmbeddingCacheTest, KeepsAPromptOnceThoughTwoRequestsAskedForIt) {
  Insert("a");
  Insert("a");
  EXPECT_EQ(Metric("bytes"), kEntryBytes);
}

TEST_F(EmbeddingCacheTest, WhatWasFoundOutlivesItsEviction) {
  Insert("a");
  const EmbeddingCache::Embedding found = cache_.Find(cache_.EraOf("model"), "a");
  cache_.UseModel("other");
  EXPECT_EQ(found->SerializeAsString(), EmbeddingOf("a")->SerializeAsString());
}

TEST_F(EmbeddingCacheTest, KeepsNothingAndCountsNothingWhenOff) {
  EmbeddingCache off(0, &metrics_);
  off.UseModel("model");
  off.Insert(off.EraOf("model"), "a", EmbeddingOf("a"));
  EXPECT_EQ(off.Find(off.EraOf("model"), "a"), nullptr);
  EXPECT_EQ(Metric("misses_total") + Metric("hits_total") + Metric("evictions_total") + Metric("bytes"), 0);
}

TEST_F(EmbeddingCacheTest, KeepsNothingBeforeTheModelIsKnown) {
  EmbeddingCache cache(3 * kEntryBytes, &metrics_);
  for (const char* model : {"model", ""}) {
    EXPECT_EQ(cache.EraOf(model), EmbeddingCache::kNoEra);
    cache.Insert(cache.EraOf(model), "a", EmbeddingOf("a"));
    EXPECT_EQ(cache.Find(cache.EraOf(model), "a"), nullptr);
  }
}

TEST_F(EmbeddingCacheTest, AnotherModelNeverGetsTheOldOnesEmbedding) {
  Insert("a");
  cache_.UseModel("other");
  EXPECT_EQ(cache_.Find(cache_.EraOf("other"), "a"), nullptr);
  EXPECT_EQ(Metric("bytes"), 0);
  EXPECT_EQ(Metric("evictions_total"), 0) << "they did not go for want of room";
}

TEST_F(EmbeddingCacheTest, NamingTheSameModelAgainForgetsNothing) {
  Insert("a");
  cache_.UseModel("model");
  EXPECT_TRUE(Has("a"));
}

TEST_F(EmbeddingCacheTest, ARequestOfTheOldModelNeitherFindsNorKeepsAnything) {
  const EmbeddingCache::Era old = cache_.EraOf("model");
  cache_.UseModel("other");
  cache_.Insert(cache_.EraOf("other"), "a", EmbeddingOf("a"));
  EXPECT_EQ(cache_.EraOf("model"), EmbeddingCache::kNoEra);
  EXPECT_EQ(cache_.Find(old, "a"), nullptr);
  cache_.Insert(old, "b", EmbeddingOf("b"));
  EXPECT_EQ(cache_.Find(cache_.EraOf("other"), "b"), nullptr);
}

// The other model may have answered it.
TEST_F(EmbeddingCacheTest, WhatWasAskedForBeforeTheModelWentAndCameBackIsNotKept) {
  const EmbeddingCache::Era before = cache_.EraOf("model");
  cache_.UseModel("other");
  cache_.UseModel("model");
  cache_.Insert(before, "a", EmbeddingOf("a"));
  EXPECT_FALSE(Has("a"));
}

TEST_F(EmbeddingCacheTest, ServesManyThreadsAtATime) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([this, i] {
      for (int j = 0; j < 200; ++j) {
        const std::string prompt(1, static_cast<char>('a' + (i + j) % 5));
        const EmbeddingCache::Era era = cache_.EraOf("model");
        if (const EmbeddingCache::Embedding found = cache_.Find(era, prompt); found != nullptr) {
          EXPECT_EQ(found->SerializeAsString(), EmbeddingOf(prompt)->SerializeAsString());
        } else {
          cache_.Insert(era, prompt, EmbeddingOf(prompt));
        }
        if (i == 0 && j % 50 == 0) cache_.UseModel("");
        if (i == 0 && j % 50 == 1) cache_.UseModel("model");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Metric("hits_total") + Metric("misses_total"), 8 * 200);
  EXPECT_LE(Metric("bytes"), 3 * kEntryBytes);
}

}  // namespace
}  // namespace unclip::gateway
