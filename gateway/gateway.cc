#include "gateway/gateway.h"

#include <grpcpp/channel.h>

#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "common/rpc/channel.h"
#include "common/validation/field_check.h"
#include "gateway/capabilities.h"

namespace unclip::gateway {
namespace {

// Far above what a machine can use, and below what its threads would cost it.
constexpr int kMaxThreads = 10'000;

constexpr int64_t kBytesPerMib = int64_t{1} << 20;
constexpr int kMaxCacheMib = 1 << 20;

absl::Status CheckOptions(const GatewayOptions& options) {
  RETURN_IF_ERROR(CheckIntRange("--max_requests", options.max_requests, 1, kMaxThreads));
  RETURN_IF_ERROR(CheckIntRange("--max_pictures", options.max_pictures, 1, kMaxThreads));
  RETURN_IF_ERROR(CheckIntRange("--embedding_cache_mib", options.embedding_cache_mib, 0, kMaxCacheMib));
  if (options.default_deadline > absl::ZeroDuration()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("--default_deadline is ", absl::FormatDuration(options.default_deadline), "; it must be above 0"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Gateway>> Gateway::Create(const GatewayOptions& options, MetricsRegistry& metrics) {
  RETURN_IF_ERROR(CheckOptions(options));
  UpstreamsOptions upstreams{.clip_target = options.clip_target,
                             .prior_target = options.prior_target,
                             .decoder_target = options.decoder_target,
                             .refresh_interval = options.refresh_interval};
  ASSIGN_OR_RETURN(upstreams.clip_channel,
                   CreateServiceChannel("--clip_target", options.clip_target, "unclip.clip.v1.ClipService"));
  ASSIGN_OR_RETURN(upstreams.prior_channel,
                   CreateServiceChannel("--prior_target", options.prior_target, "unclip.prior.v1.PriorService"));
  ASSIGN_OR_RETURN(upstreams.decoder_channel,
                   CreateServiceChannel("--decoder_target", options.decoder_target, "unclip.decoder.v1.DecoderService"));

  std::unique_ptr<Gateway> gateway(new Gateway(metrics));
  const auto name = [metrics = &gateway->metrics_](const std::string& service, const std::string& target) {
    return UpstreamName{.name = service, .target = target, .on_reissue = [metrics, service] { metrics->CallReissued(service); }};
  };
  gateway->clip_ = NewClipClient(name("clip", options.clip_target), upstreams.clip_channel);
  gateway->prior_ = NewPriorClient(name("prior", options.prior_target), upstreams.prior_channel);
  gateway->decoder_ = NewDecoderClient(name("decoder", options.decoder_target), upstreams.decoder_channel);
  upstreams.clip = gateway->clip_.get();
  upstreams.prior = gateway->prior_.get();
  upstreams.decoder = gateway->decoder_.get();
  gateway->embedding_cache_ = std::make_unique<EmbeddingCache>(options.embedding_cache_mib * kBytesPerMib, &gateway->metrics_);
  gateway->upstreams_ = std::make_unique<Upstreams>(std::move(upstreams));
  gateway->picture_pool_ = std::make_unique<WorkerPool>(options.max_pictures);
  gateway->pipeline_ =
      std::make_unique<GenerationPipeline>(GenerationPipelineOptions{.clip = gateway->clip_.get(),
                                                                     .prior = gateway->prior_.get(),
                                                                     .decoder = gateway->decoder_.get(),
                                                                     .embedding_cache = gateway->embedding_cache_.get(),
                                                                     .picture_pool = gateway->picture_pool_.get(),
                                                                     .metrics = &gateway->metrics_});
  gateway->dispatcher_ =
      std::make_unique<GenerationDispatcher>(GenerationDispatcherOptions{.upstreams = gateway->upstreams_.get(),
                                                                         .pipeline = gateway->pipeline_.get(),
                                                                         .rejections = &gateway->metrics_.rejections(),
                                                                         .max_requests = options.max_requests});
  gateway->metrics_.SetMaxRequests(options.max_requests);
  gateway->service_ = std::make_unique<ImageGenerationService>(ImageGenerationServiceOptions{
      .dispatcher = gateway->dispatcher_.get(), .metrics = &gateway->metrics_, .default_deadline = options.default_deadline});
  return gateway;
}

Gateway::~Gateway() {
  if (upstreams_ != nullptr) upstreams_->Stop();
}

void Gateway::StartWatching(std::function<void(const UpstreamsUp&)> on_change) {
  upstreams_->Start([this, on_change = std::move(on_change)](const UpstreamsUp& up) {
    metrics_.SetUpstreamUp("clip", up.clip);
    metrics_.SetUpstreamUp("prior", up.prior);
    metrics_.SetUpstreamUp("decoder", up.decoder);
    FollowTextModel(up);
    on_change(up);
  });
}

void Gateway::FollowTextModel(const UpstreamsUp& up) {
  const absl::StatusOr<std::shared_ptr<const Capabilities>> capabilities = upstreams_->capabilities();
  // A service that was away may come back with other weights of the same shapes, which a fingerprint does not tell.
  embedding_cache_->UseModel(up.clip && capabilities.ok() ? TextModelOf(**capabilities) : "");
}

}  // namespace unclip::gateway
