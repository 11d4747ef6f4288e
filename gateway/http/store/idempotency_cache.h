// Requests that may come again: the same key gets the same answer, and the work is done once.
#ifndef UNCLIP_GATEWAY_HTTP_STORE_IDEMPOTENCY_CACHE_H_
#define UNCLIP_GATEWAY_HTTP_STORE_IDEMPOTENCY_CACHE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"

namespace unclip::gateway {

struct IdempotencyOptions {
  size_t max_keys = 10'000;                  // under way and answered; the oldest answers make room
  int64_t max_bytes = int64_t{256} << 20;    // of all answers that are kept; likewise
  absl::Duration lifetime = absl::Hours(1);  // of an answer
};

struct KeptAnswer {
  int status = 200;
  std::string content_type = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::shared_ptr<const std::string> body = {};  // null: empty
};

// Knows for each key what was asked for and either who waits for the answer or the answer. Answers that another attempt could
// better (cancelled, overload, faults: 408, 429, 499, 5xx) go to those who wait and are forgotten. Thread-safe. Its callers and
// works may outlive it.
class IdempotencyCache {
  struct Core;
  struct Entry;

 public:
  using Answer = std::shared_ptr<const KeptAnswer>;  // never changes; null when the work ended without one
  using OnAnswer = std::function<void(const Answer& answer)>;

  // One who waits for an answer. Destroy it when the connection is closed: a key that nobody waits for any more is forgotten, and
  // its work is cancelled. Destroying it after the answer does nothing.
  class Caller {
   public:
    Caller(std::shared_ptr<Core> core, std::shared_ptr<Entry> entry, uint64_t id);
    ~Caller();
    Caller(const Caller&) = delete;
    Caller& operator=(const Caller&) = delete;

   private:
    const std::shared_ptr<Core> core_;
    const std::shared_ptr<Entry> entry_;
    const uint64_t id_;
  };

  // Belongs to who does the work.
  class Work {
   public:
    Work(std::shared_ptr<Core> core, std::shared_ptr<Entry> entry);
    // Finishes without an answer, if it is not finished.
    ~Work();
    Work(const Work&) = delete;
    Work& operator=(const Work&) = delete;

    // Gives the answer to all who wait, on this thread. Does nothing when all have left, or the second time.
    void Finish(const Answer& answer);

   private:
    const std::shared_ptr<Core> core_;
    const std::shared_ptr<Entry> entry_;
  };

  enum class State {
    kNew,       // do the work, and Finish() it
    kRunning,   // it is being done; `on_answer` will tell
    kDone,      // here is the answer
    kConflict,  // the key was used for something else
  };
  struct Begun {
    State state = State::kNew;
    std::unique_ptr<Caller> caller = {};  // when new or running
    std::unique_ptr<Work> work = {};      // when new
    Answer answer = {};                   // when done; not null
  };

  // `clock` must outlive the cache, its callers and its works.
  IdempotencyCache(const IdempotencyOptions& options, const Clock* clock);
  ~IdempotencyCache();

  // `fingerprint` tells whether what is asked for is the same. When new or running, `on_answer` is called once, unless the Caller
  // is destroyed before; it may still be running on another thread when that destructor returns, so it must own what it touches.
  // It must not block. `on_abandoned` is called, when new, if all callers leave before the answer: on the thread of the last to
  // leave. INVALID_ARGUMENT when the key is not 1 to 255 visible ASCII characters; RESOURCE_EXHAUSTED when too many are under
  // way.
  absl::StatusOr<Begun> Begin(absl::string_view key, absl::string_view fingerprint, OnAnswer on_answer,
                              std::function<void()> on_abandoned);

  // Keys that are known now.
  size_t size() const;

 private:
  const std::shared_ptr<Core> core_;
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_STORE_IDEMPOTENCY_CACHE_H_
