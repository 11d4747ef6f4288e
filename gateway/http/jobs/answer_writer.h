// How the answer to one request is written as JSON.
#ifndef UNCLIP_GATEWAY_HTTP_JOBS_ANSWER_WRITER_H_
#define UNCLIP_GATEWAY_HTTP_JOBS_ANSWER_WRITER_H_

#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "unclip/gateway/v1/image_generation_service.pb.h"

namespace unclip::gateway {

// Knows what was asked for: size, format, whether pictures go as base64 or as URLs. A job does not, so that it need not change
// when that does. Thread-safe; may be used long after the request.
class AnswerWriter {
 public:
  using Json = nlohmann::ordered_json;
  using Picture = std::shared_ptr<const v1::GeneratedImage>;

  virtual ~AnswerWriter() = default;

  // The request's parameters as understood, with the seed that was drawn.
  virtual Json Parameters() const = 0;

  // One picture, as it stands in the answer's `data`.
  virtual Json Image(const v1::GeneratedImage& image) const = 0;

  // The whole answer; `images` in the request's order.
  virtual Json Result(const std::vector<Picture>& images, const std::vector<v1::Warning>& warnings, absl::Time created) const = 0;

  // What stands under `error`.
  virtual Json Error(const absl::Status& error) const = 0;
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_JOBS_ANSWER_WRITER_H_
