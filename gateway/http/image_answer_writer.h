// Finished pictures as JSON: what calls, streams and jobs answer.
#ifndef UNCLIP_GATEWAY_HTTP_IMAGE_ANSWER_WRITER_H_
#define UNCLIP_GATEWAY_HTTP_IMAGE_ANSWER_WRITER_H_

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "gateway/generation_request.h"
#include "gateway/http/image_links.h"
#include "gateway/http/image_parameters.h"
#include "gateway/http/jobs/answer_writer.h"
#include "unclip/gateway/v1/image_generation_service.pb.h"

namespace unclip::gateway {

// For one request. Thread-safe. Source of the members: ../shared/reference/serving.md §5, Response.
class ImageAnswerWriter final : public AnswerWriter {
 public:
  // `links` makes the addresses of pictures, where those are asked for.
  ImageAnswerWriter(ImageParameters parameters, std::string request_id, ImageLinks links);

  const ImageParameters& parameters() const { return parameters_; }

  // The request as it is carried out, for Parameters().
  void SetRequest(const GenerationRequest& request);

  Json Parameters() const override { return request_; }
  // A picture that is asked for as an address is stored when it is first written. null when it cannot be.
  Json Image(const v1::GeneratedImage& image) const override ABSL_LOCKS_EXCLUDED(mutex_);
  Json Result(const std::vector<Picture>& images, const std::vector<v1::Warning>& warnings, absl::Time created) const override;
  Json Error(const absl::Status& error) const override;

  // What a partial picture and a finished one are in a stream.
  Json PartialEvent(absl::string_view type, const v1::GenerationProgress& progress, int number, absl::Time created) const;
  Json CompletedEvent(absl::string_view type, const v1::GeneratedImage& image, absl::Time created) const;

 private:
  void AddCommonMembers(Json* json) const;
  std::string UrlOf(const v1::GeneratedImage& image) const ABSL_LOCKS_EXCLUDED(mutex_);

  const ImageParameters parameters_;
  const std::string request_id_;
  const ImageLinks links_;
  Json request_ = Json::object();

  mutable absl::Mutex mutex_;
  mutable std::map<int, std::string> urls_ ABSL_GUARDED_BY(mutex_);  // of the stored pictures, by index
};

// As one line. Bytes that are no UTF-8 are replaced.
std::string ToText(const AnswerWriter::Json& json);

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_IMAGE_ANSWER_WRITER_H_
