#include "gateway/http/store/idempotency_cache.h"

#include <algorithm>
#include <list>
#include <map>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "base/status_macros.h"

namespace unclip::gateway {
namespace {

constexpr size_t kMaxKeyBytes = 255;
// What an entry takes besides its texts: about as much as its place in the table and the list.
constexpr int64_t kEntryBytes = 512;

absl::Status CheckKey(absl::string_view key) {
  if (!key.empty() && key.size() <= kMaxKeyBytes &&
      std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < 0x7F; })) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat("Idempotency-Key is ", key.size(),
                                                 " bytes long or has characters that are not visible ASCII; it must be 1 to ",
                                                 kMaxKeyBytes, " visible ASCII characters"));
}

bool IsWorthKeeping(const KeptAnswer& answer) {
  return answer.status < 500 && answer.status != 408 && answer.status != 429 && answer.status != 499;
}

int64_t BytesOf(const KeptAnswer& answer) {
  size_t bytes = answer.content_type.size() + (answer.body == nullptr ? 0 : answer.body->size());
  for (const auto& [name, value] : answer.headers) bytes += name.size() + value.size();
  return kEntryBytes + static_cast<int64_t>(bytes);
}

}  // namespace

// Of one key. Guarded by the core's mutex, but for what is constant.
struct IdempotencyCache::Entry {
  const std::string key;
  const std::string fingerprint;
  std::function<void()> on_abandoned = {};
  std::map<uint64_t, OnAnswer> callers = {};  // in the order they came
  uint64_t next_caller_id = 0;
  bool is_over = false;  // answered or abandoned
  Answer answer = {};    // when answered and kept
  int64_t bytes = 0;
  absl::Duration expiry = {};
};

struct IdempotencyCache::Core {
  Core(const IdempotencyOptions& the_options, const Clock* the_clock) : options(the_options), clock(the_clock) {}

  uint64_t Join(Entry& entry, OnAnswer on_answer) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    const uint64_t id = entry.next_caller_id++;
    entry.callers.emplace(id, std::move(on_answer));
    return id;
  }

  void ForgetExpired() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    while (!answered.empty() && answered.front()->expiry <= clock->Now()) ForgetOldest();
  }

  void ForgetOldest() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    bytes -= answered.front()->bytes;
    entries.erase(answered.front()->key);
    answered.pop_front();
  }

  void Keep(const std::shared_ptr<Entry>& entry, Answer answer) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    entry->bytes = BytesOf(*answer);
    entry->expiry = clock->Now() + options.lifetime;
    entry->answer = std::move(answer);
    answered.push_back(entry);
    bytes += entry->bytes;
    while (bytes > options.max_bytes) ForgetOldest();
  }

  void Leave(Entry& entry, uint64_t id) ABSL_LOCKS_EXCLUDED(mutex) {
    OnAnswer on_answer;  // what it owns is let go without the lock
    std::function<void()> on_abandoned;
    {
      absl::MutexLock lock(&mutex);
      if (entry.is_over) return;
      const auto caller = entry.callers.find(id);
      on_answer = std::move(caller->second);
      entry.callers.erase(caller);
      if (!entry.callers.empty()) return;
      entry.is_over = true;
      on_abandoned = std::move(entry.on_abandoned);
      entries.erase(entry.key);
    }
    if (on_abandoned) on_abandoned();
  }

  void Finish(const std::shared_ptr<Entry>& entry, const Answer& answer) ABSL_LOCKS_EXCLUDED(mutex) {
    std::map<uint64_t, OnAnswer> callers;
    std::function<void()> on_abandoned;
    {
      absl::MutexLock lock(&mutex);
      if (entry->is_over) return;
      entry->is_over = true;
      callers.swap(entry->callers);
      on_abandoned = std::move(entry->on_abandoned);
      if (answer != nullptr && IsWorthKeeping(*answer)) {
        Keep(entry, answer);
      } else {
        entries.erase(entry->key);
      }
    }
    for (const auto& [id, on_answer] : callers) on_answer(answer);
  }

  const IdempotencyOptions options;
  const Clock* const clock;

  mutable absl::Mutex mutex;
  absl::flat_hash_map<std::string, std::shared_ptr<Entry>> entries ABSL_GUARDED_BY(mutex);
  std::list<std::shared_ptr<Entry>> answered
      ABSL_GUARDED_BY(mutex);                // those of the entries that have an answer; the oldest first
  int64_t bytes ABSL_GUARDED_BY(mutex) = 0;  // of their answers
};

IdempotencyCache::Caller::Caller(std::shared_ptr<Core> core, std::shared_ptr<Entry> entry, uint64_t id)
    : core_(std::move(core)), entry_(std::move(entry)), id_(id) {}

IdempotencyCache::Caller::~Caller() { core_->Leave(*entry_, id_); }

IdempotencyCache::Work::Work(std::shared_ptr<Core> core, std::shared_ptr<Entry> entry)
    : core_(std::move(core)), entry_(std::move(entry)) {}

IdempotencyCache::Work::~Work() { core_->Finish(entry_, nullptr); }

void IdempotencyCache::Work::Finish(const Answer& answer) { core_->Finish(entry_, answer); }

IdempotencyCache::IdempotencyCache(const IdempotencyOptions& options, const Clock* clock)
    : core_(std::make_shared<Core>(options, clock)) {}

IdempotencyCache::~IdempotencyCache() = default;

absl::StatusOr<IdempotencyCache::Begun> IdempotencyCache::Begin(absl::string_view key, absl::string_view fingerprint,
                                                                OnAnswer on_answer, std::function<void()> on_abandoned) {
  RETURN_IF_ERROR(CheckKey(key));
  absl::MutexLock lock(&core_->mutex);
  core_->ForgetExpired();
  if (const auto found = core_->entries.find(key); found != core_->entries.end()) {
    const std::shared_ptr<Entry>& entry = found->second;
    if (entry->fingerprint != fingerprint) return Begun{.state = State::kConflict};
    if (entry->answer != nullptr) return Begun{.state = State::kDone, .answer = entry->answer};
    const uint64_t id = core_->Join(*entry, std::move(on_answer));
    return Begun{.state = State::kRunning, .caller = std::make_unique<Caller>(core_, entry, id)};
  }
  if (core_->entries.size() >= core_->options.max_keys) {
    if (core_->answered.empty()) {
      return absl::ResourceExhaustedError(absl::StrCat("too many requests with an Idempotency-Key are under way (at most ",
                                                       core_->options.max_keys, "); try again later"));
    }
    core_->ForgetOldest();
  }
  const std::shared_ptr<Entry> entry(
      new Entry{.key = std::string(key), .fingerprint = std::string(fingerprint), .on_abandoned = std::move(on_abandoned)});
  core_->entries.emplace(entry->key, entry);
  const uint64_t id = core_->Join(*entry, std::move(on_answer));
  return Begun{
      .state = State::kNew, .caller = std::make_unique<Caller>(core_, entry, id), .work = std::make_unique<Work>(core_, entry)};
}

size_t IdempotencyCache::size() const {
  absl::MutexLock lock(&core_->mutex);
  core_->ForgetExpired();
  return core_->entries.size();
}

}  // namespace unclip::gateway
