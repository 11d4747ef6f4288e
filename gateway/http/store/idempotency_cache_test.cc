#include "gateway/http/store/idempotency_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/fake_clock.h"
#include "base/status_matchers.h"

namespace unclip::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using State = IdempotencyCache::State;
using Begun = IdempotencyCache::Begun;

IdempotencyCache::Answer AnswerOf(std::string body, int status = 200) {
  return std::make_shared<const KeptAnswer>(
      KeptAnswer{.status = status, .body = std::make_shared<const std::string>(std::move(body))});
}

class IdempotencyCacheTest : public testing::Test {
 protected:
  // `who` stands in `heard_` with what was answered, and in `abandoned_` when the work it began is to be cancelled.
  Begun Begin(const std::string& who, const std::string& key, const std::string& fingerprint = "body") {
    absl::StatusOr<Begun> begun = cache_.Begin(
        key, fingerprint,
        [this, who](const IdempotencyCache::Answer& answer) {
          heard_.push_back(absl::StrCat(who, ":", answer == nullptr ? "nothing" : *answer->body));
        },
        [this, who] { abandoned_.push_back(who); });
    EXPECT_OK(begun);
    return begun.ok() ? *std::move(begun) : Begun();
  }

  void BeginAndFinish(const std::string& key, const std::string& answer, int status = 200) {
    const Begun begun = Begin(answer, key);
    ASSERT_EQ(begun.state, State::kNew);
    begun.work->Finish(AnswerOf(answer, status));
  }

  FakeClock clock_;
  IdempotencyCache cache_{{.max_keys = 3, .max_bytes = 10'000, .lifetime = absl::Hours(1)}, &clock_};
  std::vector<std::string> heard_;
  std::vector<std::string> abandoned_;
};

TEST_F(IdempotencyCacheTest, AnswersTheSameAgain) {
  const Begun first = Begin("first", "key");
  EXPECT_EQ(first.state, State::kNew);
  first.work->Finish(AnswerOf("answer"));
  EXPECT_THAT(heard_, ElementsAre("first:answer"));
  const Begun again = Begin("again", "key");
  EXPECT_EQ(again.state, State::kDone);
  EXPECT_EQ(*again.answer->body, "answer");
  EXPECT_THAT(heard_, ElementsAre("first:answer")) << "the one who was told at once is not told again";
}

TEST_F(IdempotencyCacheTest, WhoComesMeanwhileJoins) {
  const Begun first = Begin("first", "key");
  const Begun second = Begin("second", "key");
  const Begun third = Begin("third", "key");
  EXPECT_EQ(second.state, State::kRunning);
  EXPECT_EQ(second.work, nullptr);
  first.work->Finish(AnswerOf("answer"));
  EXPECT_THAT(heard_, ElementsAre("first:answer", "second:answer", "third:answer"));
}

TEST_F(IdempotencyCacheTest, AnotherBodyIsAConflict) {
  const Begun first = Begin("first", "key", "body");
  EXPECT_EQ(Begin("other", "key", "other body").state, State::kConflict);
  first.work->Finish(AnswerOf("answer"));
  EXPECT_EQ(Begin("other", "key", "other body").state, State::kConflict);
  EXPECT_THAT(heard_, ElementsAre("first:answer"));
}

TEST_F(IdempotencyCacheTest, OtherKeysAreOtherRequests) {
  const Begun first = Begin("first", "key");
  EXPECT_EQ(Begin("other", "KEY").state, State::kNew);
}

TEST_F(IdempotencyCacheTest, AnswersThatAnotherAttemptCouldBetterAreForgotten) {
  for (const int status : {408, 429, 499, 500, 503, 504}) {
    BeginAndFinish("key", absl::StrCat(status), status);
    EXPECT_EQ(cache_.size(), 0u) << status;
  }
  EXPECT_THAT(heard_, testing::SizeIs(6)) << "who waited was told";
}

TEST_F(IdempotencyCacheTest, RefusalsAreAnswers) {
  for (const int status : {200, 202, 400, 404}) {
    BeginAndFinish("key", absl::StrCat(status), status);
    const Begun again = Begin("again", "key");
    ASSERT_EQ(again.state, State::kDone) << status;
    EXPECT_EQ(again.answer->status, status);
    clock_.Advance(absl::Hours(1));
  }
}

TEST_F(IdempotencyCacheTest, TheWorkGoesOnWhileSomebodyWaits) {
  Begun first = Begin("first", "key");
  Begun second = Begin("second", "key");
  first.caller = nullptr;
  EXPECT_THAT(abandoned_, IsEmpty());
  first.work->Finish(AnswerOf("answer"));
  EXPECT_THAT(heard_, ElementsAre("second:answer"));
}

TEST_F(IdempotencyCacheTest, TheWorkIsCancelledWhenAllHaveLeft) {
  Begun first = Begin("first", "key");
  Begun second = Begin("second", "key");
  first.caller = nullptr;
  second.caller = nullptr;
  EXPECT_THAT(abandoned_, ElementsAre("first")) << "the one who began it knows how to cancel it";
  first.work->Finish(AnswerOf("too late"));
  EXPECT_THAT(heard_, IsEmpty());
  EXPECT_EQ(Begin("again", "key").state, State::kNew);
}

TEST_F(IdempotencyCacheTest, TheEndOfAnAbandonedWorkLeavesTheNextAlone) {
  Begun first = Begin("first", "key");
  first.caller = nullptr;
  const Begun next = Begin("next", "key", "other body");
  ASSERT_EQ(next.state, State::kNew);
  first.work->Finish(AnswerOf("of the first"));
  first.work = nullptr;
  next.work->Finish(AnswerOf("of the next"));
  EXPECT_THAT(heard_, ElementsAre("next:of the next"));
  EXPECT_EQ(*Begin("again", "key", "other body").answer->body, "of the next");
}

TEST_F(IdempotencyCacheTest, LeavingAfterTheAnswerDoesNothing) {
  Begun first = Begin("first", "key");
  first.work->Finish(AnswerOf("answer"));
  first.caller = nullptr;
  first.work = nullptr;
  EXPECT_THAT(abandoned_, IsEmpty());
  EXPECT_EQ(Begin("again", "key").state, State::kDone);
}

TEST_F(IdempotencyCacheTest, ACallerMayLeaveWhileItIsTold) {
  Begun begun;
  ASSERT_OK_AND_ASSIGN(begun, cache_.Begin("key", "body", [&](const auto&) { begun.caller = nullptr; }, [] {}));
  begun.work->Finish(AnswerOf("answer"));
  EXPECT_EQ(begun.caller, nullptr);
}

TEST_F(IdempotencyCacheTest, WorkThatIsDroppedTellsThoseWhoWait) {
  Begun first = Begin("first", "key");
  first.work = nullptr;
  EXPECT_THAT(heard_, ElementsAre("first:nothing"));
  EXPECT_EQ(cache_.size(), 0u);
}

TEST_F(IdempotencyCacheTest, AnswersExpire) {
  BeginAndFinish("key", "answer");
  clock_.Advance(absl::Hours(1) - absl::Nanoseconds(1));
  EXPECT_EQ(Begin("again", "key").state, State::kDone);
  clock_.Advance(absl::Nanoseconds(1));
  EXPECT_EQ(Begin("again", "key").state, State::kNew);
}

TEST_F(IdempotencyCacheTest, WorkThatIsUnderWayNeverExpires) {
  const Begun first = Begin("first", "key");
  clock_.Advance(absl::Hours(100));
  EXPECT_EQ(Begin("second", "key").state, State::kRunning);
}

TEST_F(IdempotencyCacheTest, TheOldestAnswerMakesRoomForKeys) {
  for (const char* key : {"a", "b", "c", "d"}) BeginAndFinish(key, key);
  EXPECT_EQ(cache_.size(), 3u);
  EXPECT_EQ(Begin("again", "b").state, State::kDone);
  EXPECT_EQ(Begin("again", "a").state, State::kNew);
}

TEST_F(IdempotencyCacheTest, TheOldestAnswerMakesRoomForBytes) {
  BeginAndFinish("a", std::string(4000, 'a'));
  BeginAndFinish("b", std::string(4000, 'b'));
  BeginAndFinish("c", std::string(4000, 'c'));
  EXPECT_EQ(cache_.size(), 2u);
  EXPECT_EQ(Begin("again", "b").state, State::kDone);
  BeginAndFinish("d", std::string(20'000, 'd'));
  EXPECT_EQ(cache_.size(), 0u) << "what is larger than the whole cache is not kept";
}

TEST_F(IdempotencyCacheTest, RefusesMoreThanCanBeUnderWay) {
  std::vector<Begun> begun;
  for (const char* key : {"a", "b", "c"}) begun.push_back(Begin(key, key));
  EXPECT_THAT(cache_.Begin(
                  "d", "body", [](const auto&) {}, [] {}),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("at most 3")));
  EXPECT_EQ(Begin("joins", "a").state, State::kRunning);
  begun.front().work->Finish(AnswerOf("answer"));
  EXPECT_EQ(Begin("d", "d").state, State::kNew);
}

TEST_F(IdempotencyCacheTest, TakesVisibleAsciiForAKey) {
  EXPECT_EQ(Begin("who", "!").state, State::kNew);
  EXPECT_EQ(Begin("who", std::string(255, '~')).state, State::kNew);
  for (const std::string& key :
       {std::string(""), std::string(256, 'a'), std::string("a b"), std::string("a\n"), std::string("\x7F"), std::string("é")}) {
    EXPECT_THAT(cache_.Begin(
                    key, "body", [](const auto&) {}, [] {}),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("it must be 1 to 255 visible ASCII characters")));
  }
}

TEST_F(IdempotencyCacheTest, CallersAndWorkMayOutliveIt) {
  auto cache = std::make_unique<IdempotencyCache>(IdempotencyOptions(), &clock_);
  std::string heard;
  Begun begun;
  ASSERT_OK_AND_ASSIGN(begun, cache->Begin("key", "body", [&](const auto& answer) { heard = *answer->body; }, [] {}));
  cache = nullptr;
  begun.work->Finish(AnswerOf("answer"));
  EXPECT_EQ(heard, "answer");
}

TEST_F(IdempotencyCacheTest, ManyAtATimeAreWorkedOnOnce) {
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> works = 0;
    std::atomic<int> answers = 0;
    std::vector<Begun> begun(8);
    std::vector<std::thread> threads;
    for (Begun& mine : begun) {
      threads.emplace_back([&, key = absl::StrCat("key", round)] {
        mine = cache_.Begin(key, "body", [&](const auto&) { ++answers; }, [] {}).value();
        if (mine.state == State::kDone) ++answers;
        if (mine.state != State::kNew) return;
        ++works;
        mine.work->Finish(AnswerOf("answer"));
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(works, 1);
    EXPECT_EQ(answers, 8);
  }
}

TEST_F(IdempotencyCacheTest, ManyMayComeAndGoAtATime) {
  std::atomic<int> works = 0;
  std::atomic<int> abandoned = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 200; ++j) {
        Begun begun = cache_.Begin("key", "body", [](const auto&) {}, [&] { ++abandoned; }).value();
        if (begun.state == State::kNew) ++works;
        begun.caller = nullptr;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(cache_.size(), 0u);
  EXPECT_GE(works, 1);
  EXPECT_LE(abandoned, works);
}

}  // namespace
}  // namespace unclip::gateway
