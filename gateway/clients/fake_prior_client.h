// A prior service without a network.
#ifndef UNCLIP_GATEWAY_CLIENTS_FAKE_PRIOR_CLIENT_H_
#define UNCLIP_GATEWAY_CLIENTS_FAKE_PRIOR_CLIENT_H_

#include <functional>

#include "gateway/clients/prior_client.h"
#include "gateway/testing/fake_models.h"

namespace unclip::gateway {

// Reports every step, then answers with FakeSamplePrior() unless a test sets `sample`. Thread-safe as far as `sample` is.
class FakePriorClient final : public PriorClient {
 public:
  std::function<absl::StatusOr<prior::v1::SamplePriorResult>(const RequestContext&, const prior::v1::SamplePriorRequest&)>
      sample = [](const RequestContext&, const prior::v1::SamplePriorRequest& message) { return FakeSamplePrior(message); };

  absl::StatusOr<prior::v1::SamplePriorResult> SamplePrior(const RequestContext& request,
                                                           const prior::v1::SamplePriorRequest& message,
                                                           const ProgressCallback& on_progress) override {
    for (int step = 1; step <= message.step_count(); ++step) {
      common::v1::StageProgress progress;
      progress.set_stage(common::v1::STAGE_PRIOR);
      progress.set_step(step);
      progress.set_step_count(message.step_count());
      on_progress(progress);
    }
    return sample(request, message);
  }

  absl::StatusOr<prior::v1::GetModelInfoResponse> GetModelInfo(const RequestContext& /*request*/) override {
    return FakePriorInfo();
  }
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_CLIENTS_FAKE_PRIOR_CLIENT_H_
