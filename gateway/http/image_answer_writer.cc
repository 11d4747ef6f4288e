#include "gateway/http/image_answer_writer.h"

#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/log/log.h"
#include "common/rpc/proto_duration.h"
#include "gateway/http/http_error.h"
#include "unclip/common/v1/progress.pb.h"

namespace unclip::gateway {
namespace {

using Json = AnswerWriter::Json;

const char* TimingName(common::v1::Stage stage) {
  switch (stage) {
    case common::v1::STAGE_EMBED_TEXT:
      return "embed_ms";
    case common::v1::STAGE_PRIOR:
      return "prior_ms";
    case common::v1::STAGE_DECODER:
      return "decoder_ms";
    case common::v1::STAGE_SUPER_RES:
      return "super_res_ms";
    case common::v1::STAGE_ENCODE:
      return "encode_ms";
    default:
      return "other_ms";
  }
}

double Milliseconds(absl::Duration duration) { return static_cast<double>(absl::ToInt64Microseconds(duration)) / 1000; }

Json Timings(const v1::GeneratedImage& picture) {
  Json timings = Json::object();
  double queued = 0;
  for (const common::v1::StageTiming& timing : picture.timings()) {
    timings[TimingName(timing.stage())] = Milliseconds(FromProtoDuration(timing.run_duration()));
    queued += Milliseconds(FromProtoDuration(timing.queue_duration()));
  }
  timings["queue_ms"] = queued;
  timings["total_ms"] = Milliseconds(FromProtoDuration(picture.total_duration()));
  return timings;
}

// How a picture was made. A variation has no candidates, and so nothing that is similar.
void AddDetails(const v1::GeneratedImage& picture, Json* json) {
  const bool was_chosen = picture.candidate_similarities_size() > 0;
  Json& to = *json;
  to["seed"] = picture.seed();
  to["seed_string"] = absl::StrCat(picture.seed());
  to["similarity"] = was_chosen ? Json(picture.similarity()) : Json();
  to["candidate_similarities"] =
      std::vector<float>(picture.candidate_similarities().begin(), picture.candidate_similarities().end());
  to["candidate_index"] = was_chosen ? Json(picture.candidate_index()) : Json();
  to["timings"] = Timings(picture);
}

// Nothing is billed: all zero, for clients that read it.
Json Usage() {
  return {{"input_tokens", 0},
          {"input_tokens_details", {{"image_tokens", 0}, {"text_tokens", 0}}},
          {"output_tokens", 0},
          {"total_tokens", 0}};
}

}  // namespace

ImageAnswerWriter::ImageAnswerWriter(ImageParameters parameters, std::string request_id, ImageLinks links)
    : parameters_(std::move(parameters)), request_id_(std::move(request_id)), links_(std::move(links)) {}

void ImageAnswerWriter::SetRequest(const GenerationRequest& request) {
  request_ = {{"prompt", request.prompt},
              {"negative_prompt", request.negative_prompt},
              {"n", request.image_count},
              {"seed", request.seed},
              {"seed_string", absl::StrCat(request.seed)},
              {"candidate_count", request.candidate_count},
              {"prior_step_count", request.prior_step_count},
              {"decoder_step_count", request.decoder_step_count},
              {"super_res_step_counts", request.super_res_step_counts},
              {"prior_guidance_scale", request.prior_guidance_scale},
              {"decoder_guidance_scale", request.decoder_guidance_scale}};
  request_["preset"] = parameters_.preset.empty() ? Json() : Json(parameters_.preset);
  AddCommonMembers(&request_);
}

void ImageAnswerWriter::AddCommonMembers(Json* json) const {
  (*json)["size"] = parameters_.size;
  (*json)["quality"] = parameters_.quality;
  (*json)["background"] = "opaque";
  (*json)["output_format"] = parameters_.output_format;
}

std::string ImageAnswerWriter::UrlOf(const v1::GeneratedImage& image) const {
  absl::MutexLock lock(&mutex_);
  std::string& url = urls_[image.index()];
  if (url.empty()) {
    absl::StatusOr<std::string> stored = links_.Store(image);
    if (stored.ok()) {
      url = *std::move(stored);
    } else {
      LogError("picture not stored", {{"request_id", request_id_}, {"error", stored.status().message()}});
    }
  }
  return url;
}

Json ImageAnswerWriter::Image(const v1::GeneratedImage& image) const {
  Json json;
  if (parameters_.as_url) {
    const std::string url = UrlOf(image);
    json["url"] = url.empty() ? Json() : Json(url);
  } else {
    json["b64_json"] = absl::Base64Escape(image.image().data());
  }
  AddDetails(image, &json);
  return json;
}

Json ImageAnswerWriter::Result(const std::vector<Picture>& images, const std::vector<v1::Warning>& warnings,
                               absl::Time created) const {
  Json json = {{"created", absl::ToUnixSeconds(created)}};
  AddCommonMembers(&json);
  json["request_id"] = request_id_;
  json["warnings"] = Json::array();
  for (const v1::Warning& warning : warnings) json["warnings"].push_back(warning.message());
  json["usage"] = Usage();
  json["data"] = Json::array();
  for (const Picture& image : images) json["data"].push_back(Image(*image));
  return json;
}

Json ImageAnswerWriter::Error(const absl::Status& error) const { return ErrorObject(error); }

Json ImageAnswerWriter::PartialEvent(absl::string_view type, const v1::GenerationProgress& progress, int number,
                                     absl::Time created) const {
  Json json = {{"type", std::string(type)},
               {"partial_image_index", number},
               {"image_index", progress.image_index()},
               {"created_at", absl::ToUnixSeconds(created)}};
  AddCommonMembers(&json);
  json["b64_json"] = absl::Base64Escape(progress.preview().data());
  return json;
}

Json ImageAnswerWriter::CompletedEvent(absl::string_view type, const v1::GeneratedImage& image, absl::Time created) const {
  Json json = {{"type", std::string(type)}, {"image_index", image.index()}, {"created_at", absl::ToUnixSeconds(created)}};
  AddCommonMembers(&json);
  json["usage"] = Usage();
  AddDetails(image, &json);
  json["b64_json"] = absl::Base64Escape(image.image().data());
  return json;
}

std::string ToText(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace unclip::gateway
