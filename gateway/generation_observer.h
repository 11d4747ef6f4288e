// Who hears of a generation while it runs.
#ifndef UNCLIP_GATEWAY_GENERATION_OBSERVER_H_
#define UNCLIP_GATEWAY_GENERATION_OBSERVER_H_

#include "unclip/gateway/v1/image_generation_service.pb.h"

namespace unclip::gateway {

// Called by one thread at a time, though not always the same; must not block.
class GenerationObserver {
 public:
  virtual ~GenerationObserver() = default;

  // Whether OnProgress() does anything. If not, it need not be called, and the services need not send what nobody sees.
  virtual bool WantsProgress() const { return true; }

  // A denoising step was done. `fraction_done` never falls from call to call.
  virtual void OnProgress(v1::GenerationProgress progress) = 0;

  // A picture is finished; no progress of it follows. Pictures finish in any order.
  virtual void OnImage(v1::GeneratedImage image) = 0;
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_GENERATION_OBSERVER_H_
