// What is still to be sent of a generation to a client that reads more slowly than the cluster works.
#ifndef UNCLIP_GATEWAY_PENDING_EVENTS_H_
#define UNCLIP_GATEWAY_PENDING_EVENTS_H_

#include <list>
#include <optional>

#include "unclip/gateway/v1/image_generation_service.pb.h"

namespace unclip::gateway {

// Events in the order they are to be sent, never more than a few: of each picture at most one progress that carries a preview and
// one newer that does not (a newer one takes the place of the older of its kind, and a preview that of all before it), and every
// finished picture, which takes the place of its own progress. No lock: its user has one.
class PendingEvents {
 public:
  void AddProgress(v1::GenerationProgress progress);
  void AddImage(v1::GeneratedImage image);
  void AddSummary(v1::GenerationSummary summary);

  // Nothing more is worth sending: the call ends with an error.
  void Clear() { events_.clear(); }

  // The next event; nothing when all is taken.
  std::optional<v1::StreamGenerateImageResponse> Take();

 private:
  std::list<v1::StreamGenerateImageResponse> events_;
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_PENDING_EVENTS_H_
