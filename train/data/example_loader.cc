#include "train/data/example_loader.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <deque>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/status_macros.h"
#include "train/data/example_reader.h"

namespace unclip::train {
namespace {

// A batch that threads are at work on, or that is ready.
struct PendingBatch {
  ExampleBatch batch;
  std::vector<SlotResult> slots;
  int next_slot = 0;   // the first that no thread has taken
  int unfinished = 0;  // slots that are not read yet
};

class ThreadedLoader final : public ExampleLoader {
 public:
  ThreadedLoader(const Dataset& dataset, const ExampleLoaderOptions& options)
      : options_(options), reader_(dataset, options), next_step_(options.first_step) {
    for (int i = 0; i < options.thread_count; ++i) threads_.emplace_back([this] { Work(); });
  }

  ~ThreadedLoader() override {
    Stop();
    for (std::thread& thread : threads_) thread.join();
  }

  absl::StatusOr<ExampleBatch> Next() override {
    const absl::Duration start = Clock::Real().Now();
    absl::MutexLock lock(&mutex_);
    RETURN_IF_ERROR(failure_);
    mutex_.Await(absl::Condition(this, &ThreadedLoader::FirstIsReady));
    waited_ += Clock::Real().Now() - start;
    const std::unique_ptr<PendingBatch> pending = std::move(pending_.front());
    pending_.pop_front();
    // In the order of the slots: who was done first is chance.
    for (const SlotResult& slot : pending->slots) {
      for (const std::string& complaint : slot.skipped) NoteSkipped(complaint);
      failure_ = slot.status;
      if (!failure_.ok()) break;
    }
    RETURN_IF_ERROR(failure_);
    return std::move(pending->batch);
  }

  SkippedExamples skipped() const override {
    absl::MutexLock lock(&mutex_);
    return skipped_;
  }

  double seconds_waited() const override {
    absl::MutexLock lock(&mutex_);
    return absl::ToDoubleSeconds(waited_);
  }

 private:
  void Stop() {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }

  bool FirstIsReady() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return !pending_.empty() && pending_.front()->unfinished == 0; }

  bool SlotIsFree() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return !pending_.empty() && pending_.back()->next_slot < options_.batch_size;
  }

  bool HasWork() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    if (hopeless_) return stopping_;
    return stopping_ || SlotIsFree() || pending_.size() < static_cast<size_t>(options_.batches_ahead);
  }

  void StartBatch() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    auto pending = std::make_unique<PendingBatch>();
    pending->batch = reader_.EmptyBatch(next_step_++);
    pending->slots.resize(options_.batch_size);
    pending->unfinished = options_.batch_size;
    pending_.push_back(std::move(pending));
  }

  // Nothing behind a slot that could not be read is of use, and reading it may take long, each slot failing as this one did. The
  // slots before it were all taken before it, so the first failure of the batch is the same in every run.
  void GiveUp() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    hopeless_ = true;
    PendingBatch& last = *pending_.back();
    last.unfinished -= options_.batch_size - last.next_slot;
    last.next_slot = options_.batch_size;
  }

  void NoteSkipped(const std::string& complaint) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    ++skipped_.count;
    std::vector<std::string>& names = skipped_.names;
    if (names.size() < SkippedExamples::kMaxNames && std::find(names.begin(), names.end(), complaint) == names.end()) {
      names.push_back(complaint);
    }
  }

  // Threads share a batch, slot by slot, so that the one that is waited for comes as soon as can be.
  void Work() {
    mutex_.Lock();
    while (true) {
      mutex_.Await(absl::Condition(this, &ThreadedLoader::HasWork));
      if (stopping_) break;
      if (!SlotIsFree()) StartBatch();
      // It stays where it is, and is not taken by Next(), as long as this slot is unfinished.
      PendingBatch& pending = *pending_.back();
      const int slot = pending.next_slot++;
      mutex_.Unlock();
      SlotResult result = reader_.ReadSlot(slot, stopping_, pending.batch);
      mutex_.Lock();
      if (!result.status.ok()) GiveUp();
      pending.slots[slot] = std::move(result);
      --pending.unfinished;
    }
    mutex_.Unlock();
  }

  const ExampleLoaderOptions options_;
  const ExampleReader reader_;

  mutable absl::Mutex mutex_;
  std::atomic<bool> stopping_ = false;  // written under the lock; readers look at it without, between two tries
  std::deque<std::unique_ptr<PendingBatch>> pending_ ABSL_GUARDED_BY(mutex_);  // in the order of their steps
  bool hopeless_ ABSL_GUARDED_BY(mutex_) = false;                              // a slot failed: no others are taken
  int64_t next_step_ ABSL_GUARDED_BY(mutex_);
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);  // what Next() says from now on
  SkippedExamples skipped_ ABSL_GUARDED_BY(mutex_);
  absl::Duration waited_ ABSL_GUARDED_BY(mutex_);

  std::vector<std::thread> threads_;  // last: they use the rest
};

absl::Status CheckOptions(const ExampleLoaderOptions& options) {
  struct Limits {
    absl::string_view name;
    int64_t value;
    int64_t least;
    int64_t most;
  };
  // So many that the number of an example stays far below 2^63.
  const Limits all[] = {
      {"batch_size", options.batch_size, 1, 1 << 16},
      {"picture_size", options.picture_size, 1, kMaxPictureSize},
      {"window_side", options.window_side, 1, options.picture_size},
      {"window_align", options.window_align, 1, kMaxPictureSize},
      {"first_step", options.first_step, 0, 1'000'000'000},
      {"world_size", options.world_size, 1, 4096},
      {"rank", options.rank, 0, options.world_size - 1},
      {"thread_count", options.thread_count, 1, 256},
      {"batches_ahead", options.batches_ahead, 1, 1024},
  };
  for (const Limits& limits : all) {
    if (limits.value >= limits.least && limits.value <= limits.most) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(limits.name, " is ", limits.value, "; it must be ", limits.least, " to ", limits.most));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<ExampleLoader>> ExampleLoader::Start(const Dataset& dataset, const ExampleLoaderOptions& options) {
  RETURN_IF_ERROR(CheckOptions(options));
  return std::make_unique<ThreadedLoader>(dataset, options);
}

}  // namespace unclip::train
