#include "gateway/http/picture_json.h"

#include <nlohmann/json.hpp>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "common/rpc/proto_duration.h"
#include "unclip/common/v1/progress.pb.h"

namespace unclip::gateway {
namespace {

using Json = nlohmann::ordered_json;

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

double Milliseconds(absl::Duration duration) { return absl::ToDoubleMicroseconds(duration) / 1000; }

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

std::string Dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

// `json`, an object, without its braces.
std::string Members(const Json& json) {
  const std::string text = Dump(json);
  return text.substr(1, text.size() - 2);
}

}  // namespace

std::string PictureDetails(const v1::GeneratedImage& picture) {
  Json details = {{"seed", picture.seed()}, {"seed_string", absl::StrCat(picture.seed())}};
  const bool was_chosen = picture.candidate_similarities_size() > 0;
  details["similarity"] = was_chosen ? Json(picture.similarity()) : Json();
  details["candidate_similarities"] =
      std::vector<float>(picture.candidate_similarities().begin(), picture.candidate_similarities().end());
  details["candidate_index"] = was_chosen ? Json(picture.candidate_index()) : Json();
  details["timings"] = Timings(picture);
  return Members(details);
}

std::string PictureJson(const v1::GeneratedImage& picture, absl::string_view url) {
  const std::string where = url.empty() ? absl::StrCat("\"b64_json\":\"", absl::Base64Escape(picture.image().data()), "\"")
                                        : Members(Json{{"url", std::string(url)}});
  return absl::StrCat("{", where, ",", PictureDetails(picture), "}");
}

std::string ImagesAnswerJson(const ImageParameters& parameters, const ImagesAnswer& answer) {
  std::vector<std::string> warnings;
  for (const v1::Warning& warning : answer.warnings) warnings.push_back(warning.message());
  return absl::StrCat("{\"created\":", answer.created, ",", StreamMembers(parameters), ",",
                      Members({{"request_id", answer.request_id}, {"warnings", warnings}}), ",\"usage\":", UsageJson(),
                      ",\"data\":[", absl::StrJoin(answer.pictures, ","), "]}");
}

std::string StreamMembers(const ImageParameters& parameters) {
  return Members({{"size", parameters.size},
                  {"quality", parameters.quality},
                  {"background", "opaque"},
                  {"output_format", parameters.output_format}});
}

std::string UsageJson() {
  return R"({"input_tokens":0,"input_tokens_details":{"image_tokens":0,"text_tokens":0},"output_tokens":0,"total_tokens":0})";
}

}  // namespace unclip::gateway
