// An AnswerWriter for tests.
#ifndef UNCLIP_GATEWAY_HTTP_JOBS_FAKE_ANSWER_WRITER_H_
#define UNCLIP_GATEWAY_HTTP_JOBS_FAKE_ANSWER_WRITER_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gateway/http/jobs/answer_writer.h"
#include "unclip/gateway/v1/image_generation_service.pb.h"

namespace unclip::gateway {

// Writes just enough to be recognised.
class FakeAnswerWriter final : public AnswerWriter {
 public:
  Json Parameters() const override { return {{"prompt", "a cat"}}; }

  Json Image(const v1::GeneratedImage& image) const override { return {{"seed", image.seed()}}; }

  Json Result(const std::vector<Picture>& images, const std::vector<v1::Warning>& warnings, absl::Time created) const override {
    Json data = Json::array();
    for (const Picture& image : images) data.push_back(Image(*image));
    return {{"created", absl::ToUnixSeconds(created)}, {"warnings", warnings.size()}, {"data", data}};
  }

  Json Error(const absl::Status& error) const override { return {{"message", std::string(error.message())}}; }
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_JOBS_FAKE_ANSWER_WRITER_H_
