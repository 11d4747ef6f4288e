#include "gateway/upstreams.h"

#include <google/protobuf/util/message_differencer.h>

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "common/log/log.h"
#include "gateway/request_context.h"

namespace unclip::gateway {
namespace {

// A service that is up answers in milliseconds, also while it computes.
constexpr absl::Duration kFetchTimeout = absl::Seconds(5);

UpstreamWatcherOptions WatcherOptions(std::string name, std::string target, std::shared_ptr<grpc::Channel> channel,
                                      absl::Duration refresh_interval, std::function<absl::Status()> fetch,
                                      std::function<void()> on_change) {
  return {.name = std::move(name),
          .target = std::move(target),
          .channel = std::move(channel),
          .fetch_model_info = std::move(fetch),
          .on_change = std::move(on_change),
          .refresh_interval = refresh_interval};
}

}  // namespace

Upstreams::Upstreams(UpstreamsOptions options)
    : options_(std::move(options)),
      capabilities_(absl::UnavailableError("not every service has been reached yet")),
      clip_watcher_(WatcherOptions(
          "clip", options_.clip_target, options_.clip_channel, options_.refresh_interval,
          [this] { return Fetch("clip", options_.clip, &clip_info_); }, [this] { Announce(); })),
      prior_watcher_(WatcherOptions(
          "prior", options_.prior_target, options_.prior_channel, options_.refresh_interval,
          [this] { return Fetch("prior", options_.prior, &prior_info_); }, [this] { Announce(); })),
      decoder_watcher_(WatcherOptions(
          "decoder", options_.decoder_target, options_.decoder_channel, options_.refresh_interval,
          [this] { return Fetch("decoder", options_.decoder, &decoder_info_); }, [this] { Announce(); })) {}

Upstreams::~Upstreams() { Stop(); }

void Upstreams::Start(std::function<void(const UpstreamsUp&)> on_change) {
  {
    absl::MutexLock lock(&announce_mutex_);
    on_change_ = std::move(on_change);
  }
  clip_watcher_.Start();
  prior_watcher_.Start();
  decoder_watcher_.Start();
}

void Upstreams::Stop() {
  stopped_.Cancel(absl::UnavailableError("the gateway is shutting down"));
  for (UpstreamWatcher* watcher : {&clip_watcher_, &prior_watcher_, &decoder_watcher_}) watcher->BeginStop();
  for (UpstreamWatcher* watcher : {&clip_watcher_, &prior_watcher_, &decoder_watcher_}) watcher->Stop();
}

absl::StatusOr<std::shared_ptr<const Capabilities>> Upstreams::capabilities() const {
  {
    absl::MutexLock lock(&mutex_);
    if (clip_info_.has_value() && prior_info_.has_value() && decoder_info_.has_value()) return capabilities_;
  }
  RETURN_IF_ERROR(MissingServices());
  absl::MutexLock lock(&mutex_);
  return capabilities_;
}

absl::StatusOr<std::shared_ptr<const Capabilities>> Upstreams::ReadyCapabilities() const {
  RETURN_IF_ERROR(MissingServices());
  return capabilities();
}

absl::Status Upstreams::MissingServices() const {
  std::vector<std::string> missing;
  for (const UpstreamWatcher* watcher : {&clip_watcher_, &prior_watcher_, &decoder_watcher_}) {
    if (absl::Status status = watcher->status(); !status.ok()) missing.emplace_back(status.message());
  }
  if (missing.empty()) return absl::OkStatus();
  return absl::UnavailableError(absl::StrJoin(missing, "; "));
}

template <typename Client, typename ModelInfo>
absl::Status Upstreams::Fetch(const char* name, Client* client, std::optional<ModelInfo>* kept) {
  RequestContext context{.request_id = "upstream-watch", .cancellation = &stopped_};
  context.deadline = context.clock->Now() + kFetchTimeout;
  ASSIGN_OR_RETURN(const ModelInfo info, client->GetModelInfo(context));
  absl::MutexLock lock(&mutex_);
  if (kept->has_value() && google::protobuf::util::MessageDifferencer::Equals(**kept, info)) return absl::OkStatus();
  if (!kept->has_value() || (*kept)->model().fingerprint() != info.model().fingerprint()) {
    LogInfo(kept->has_value() ? "upstream holds another model than before" : "upstream's model",
            {{"upstream", name}, {"checkpoint", info.model().checkpoint_name()}, {"fingerprint", info.model().fingerprint()}});
  }
  *kept = info;
  Combine();
  return absl::OkStatus();
}

void Upstreams::Combine() {
  if (!clip_info_.has_value() || !prior_info_.has_value() || !decoder_info_.has_value()) return;
  absl::StatusOr<Capabilities> combined = CombineCapabilities(*clip_info_, *prior_info_, *decoder_info_);
  if (combined.ok()) {
    capabilities_ = std::make_shared<const Capabilities>(*std::move(combined));
    return;
  }
  LogError("not serving", {{"error", combined.status().message()}});
  capabilities_ = absl::UnavailableError(combined.status().message());
}

void Upstreams::Announce() {
  absl::MutexLock announce_lock(&announce_mutex_);
  UpstreamsUp up{.clip = clip_watcher_.status().ok(),
                 .prior = prior_watcher_.status().ok(),
                 .decoder = decoder_watcher_.status().ok(),
                 .all = ReadyCapabilities().ok()};
  on_change_(up);
}

}  // namespace unclip::gateway
