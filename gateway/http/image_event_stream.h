// The answer to a call with `stream`: partial pictures and finished ones as server-sent events.
#ifndef UNCLIP_GATEWAY_HTTP_IMAGE_EVENT_STREAM_H_
#define UNCLIP_GATEWAY_HTTP_IMAGE_EVENT_STREAM_H_

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "gateway/generation_observer.h"
#include "gateway/http/http_call.h"
#include "gateway/http/image_answer_writer.h"
#include "unclip/common/v1/progress.pb.h"
#include "unclip/gateway/v1/image_generation_service.pb.h"

namespace unclip::gateway {

// One event of a stream. Source: WHATWG HTML, "Server-sent events".
std::string ServerSentEvent(absl::string_view name, absl::string_view json);

// What head a stream of them begins with.
HttpResponse EventStreamHead();

// Writes as fast as the client reads, without ever blocking the one who makes the pictures, and keeps what a slow client has not
// read yet: no more than the pictures and the partial ones that it asked for. The maker may use it from any thread until it calls
// End(), once. Source: ../shared/reference/serving.md §5, Streaming.
class ImageEventStream final : public GenerationObserver, public std::enable_shared_from_this<ImageEventStream> {
 public:
  // For as many pictures as `image_count`.
  ImageEventStream(std::shared_ptr<HttpCall> call, std::shared_ptr<const ImageAnswerWriter> writer, int image_count);

  // Sends the head. Call once, before anything else.
  void Begin();

  bool WantsProgress() const override { return writer_->parameters().partial_image_count > 0; }
  void OnProgress(v1::GenerationProgress progress) override ABSL_LOCKS_EXCLUDED(mutex_);
  void OnImage(v1::GeneratedImage image) override ABSL_LOCKS_EXCLUDED(mutex_);

  // All is done, or `status` says why it is not.
  void End(const absl::Status& status) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  // Writes what comes next, unless a piece is under way.
  void Advance() ABSL_LOCKS_EXCLUDED(mutex_);
  void OnReady() ABSL_LOCKS_EXCLUDED(mutex_);

  // Whether a picture that has `sent` partial ones wants this preview: the base decoder's first well before the middle, and, of
  // several, the upsamplers' last, which has the finished picture's colours.
  bool Wants(const common::v1::StageProgress& progress, int sent) const;
  std::string TypeOf(absl::string_view event) const;

  const std::shared_ptr<HttpCall> call_;
  const std::shared_ptr<const ImageAnswerWriter> writer_;
  const absl::Time created_;

  absl::Mutex mutex_;
  std::deque<std::string> pending_ ABSL_GUARDED_BY(mutex_);
  std::vector<int> partial_counts_ ABSL_GUARDED_BY(mutex_);  // of each picture, so far
  bool writing_ ABSL_GUARDED_BY(mutex_) = true;              // the head
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;               // End() was called
  bool ended_with_error_ ABSL_GUARDED_BY(mutex_) = false;    // and the error is written
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;              // and everything is written
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_IMAGE_EVENT_STREAM_H_
