#include "gateway/upstream_watcher.h"

#include <grpc/support/time.h>

#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/log/log.h"

namespace unclip::gateway {
namespace {

// Longest time that one wait for a change takes, and so longest time that Stop() takes. A change itself is seen at once.
constexpr int64_t kPollMillis = 100;

// How soon to ask again when a connected service did not answer.
constexpr absl::Duration kRetryInterval = absl::Milliseconds(500);

absl::Status NotUp(const UpstreamWatcherOptions& options, const absl::Status& why) {
  const std::string prefix = absl::StrCat("the ", options.name, " service (", options.target, ") is not up");
  if (absl::StartsWith(why.message(), prefix)) return absl::UnavailableError(why.message());
  return absl::UnavailableError(absl::StrCat(prefix, ": ", why.message()));
}

}  // namespace

UpstreamWatcher::UpstreamWatcher(UpstreamWatcherOptions options)
    : options_(std::move(options)), status_(NotUp(options_, absl::UnavailableError("not reached yet"))) {}

UpstreamWatcher::~UpstreamWatcher() { Stop(); }

void UpstreamWatcher::Start() {
  thread_ = std::thread([this] { Watch(); });
}

void UpstreamWatcher::BeginStop() {
  absl::MutexLock lock(&mutex_);
  stopping_ = true;
}

void UpstreamWatcher::Stop() {
  BeginStop();
  if (thread_.joinable()) thread_.join();
}

absl::Status UpstreamWatcher::status() const {
  absl::MutexLock lock(&mutex_);
  return status_;
}

bool UpstreamWatcher::stopping() const {
  absl::MutexLock lock(&mutex_);
  return stopping_;
}

void UpstreamWatcher::Watch() {
  std::optional<grpc_connectivity_state> refreshed_in;
  absl::Time refreshed_at = absl::InfinitePast();
  while (!stopping()) {
    const grpc_connectivity_state state = options_.channel->GetState(/*try_to_connect=*/true);
    // IDLE and CONNECTING say nothing yet: a channel passes through them when a replica ends an old connection.
    if (state == GRPC_CHANNEL_READY || state == GRPC_CHANNEL_TRANSIENT_FAILURE) {
      const absl::Duration interval = status().ok() ? options_.refresh_interval : kRetryInterval;
      if (state != refreshed_in || absl::Now() - refreshed_at >= interval) {
        Refresh(state == GRPC_CHANNEL_READY);
        refreshed_in = state;
        refreshed_at = absl::Now();
      }
    }
    options_.channel->WaitForStateChange(
        state, gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(kPollMillis, GPR_TIMESPAN)));
  }
}

// In TRANSIENT_FAILURE as well, where the call fails at once: its error says what is wrong.
void UpstreamWatcher::Refresh(bool connected) {
  const absl::Status fetched = options_.fetch_model_info();
  // A service that is known and connected, but too busy to answer in time, or that ends the connection just now, is up until the
  // channel says otherwise.
  if (!fetched.ok() && connected && this->status().ok()) return;
  const absl::Status status = fetched.ok() ? absl::OkStatus() : NotUp(options_, fetched);
  bool changed;
  {
    absl::MutexLock lock(&mutex_);
    if (stopping_) return;  // the fetch was cut short
    changed = status != status_;
    status_ = status;
  }
  LogChange(status);
  if (changed || status.ok()) options_.on_change();
}

void UpstreamWatcher::LogChange(const absl::Status& status) {
  if (logged_up_ == status.ok()) return;  // other reasons for the same are no news
  logged_up_ = status.ok();
  if (status.ok()) {
    LogInfo("upstream is up", {{"upstream", options_.name}, {"target", options_.target}});
  } else {
    LogWarning("upstream is not up", {{"upstream", options_.name}, {"error", status.message()}});
  }
}

}  // namespace unclip::gateway
