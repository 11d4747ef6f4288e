#include "tools/generation_report.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "common/rpc/proto_duration.h"
#include "tools/stage_name.h"

namespace unclip {
namespace {

using Json = nlohmann::ordered_json;

double Seconds(const google::protobuf::Duration& duration) { return absl::ToDoubleSeconds(FromProtoDuration(duration)); }

double QueueSeconds(const gateway::v1::GeneratedImage& image) {
  double sum = 0;
  for (const common::v1::StageTiming& timing : image.timings()) sum += Seconds(timing.queue_duration());
  return sum;
}

Json ImageJson(const SavedImage& saved) {
  const gateway::v1::GeneratedImage& image = saved.image;
  Json json;
  json["file"] = saved.file;
  json["index"] = image.index();
  json["seed"] = image.seed();
  json["width"] = image.image().size().width_px();
  json["height"] = image.image().size().height_px();
  // A variation has none.
  json["similarity"] = image.candidate_similarities().empty() ? Json(nullptr) : Json(image.similarity());
  json["candidate_similarities"] = Json::array();
  for (float similarity : image.candidate_similarities()) json["candidate_similarities"].push_back(similarity);
  json["candidate_index"] = image.candidate_index();
  json["resized_from"] = nullptr;
  if (image.has_resized_from()) {
    json["resized_from"] = {{"width", image.resized_from().width_px()}, {"height", image.resized_from().height_px()}};
  }
  json["timings_seconds"] = Json::object();
  for (const common::v1::StageTiming& timing : image.timings()) {
    Json& seconds = json["timings_seconds"][StageName(timing.stage())];
    seconds = (seconds.is_null() ? 0.0 : seconds.get<double>()) + Seconds(timing.run_duration());
  }
  json["queue_seconds"] = QueueSeconds(image);
  json["total_seconds"] = Seconds(image.total_duration());
  return json;
}

std::string WarningCode(const gateway::v1::Warning& warning) {
  if (!gateway::v1::Warning::Code_IsValid(warning.code())) return absl::StrCat("CODE_", static_cast<int>(warning.code()));
  return std::string(absl::StripPrefix(gateway::v1::Warning::Code_Name(warning.code()), "CODE_"));
}

}  // namespace

std::string JsonReport(const std::vector<SavedImage>& images, const gateway::v1::GenerationSummary& summary) {
  Json json;
  json["images"] = Json::array();
  for (const SavedImage& saved : images) json["images"].push_back(ImageJson(saved));
  json["warnings"] = Json::array();
  for (const gateway::v1::Warning& warning : summary.warnings()) {
    json["warnings"].push_back({{"code", WarningCode(warning)}, {"message", warning.message()}});
  }
  json["request_id"] = summary.request_id();
  // A file name need not be UTF-8; the default would throw.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string TextReport(const std::vector<SavedImage>& images, const gateway::v1::GenerationSummary& summary) {
  std::string text;
  for (const SavedImage& saved : images) {
    const gateway::v1::GeneratedImage& image = saved.image;
    const std::string resized = image.has_resized_from() ? absl::StrCat(", resized from ", image.resized_from().width_px(), "x",
                                                                        image.resized_from().height_px())
                                                         : "";
    const std::string all = absl::StrJoin(image.candidate_similarities(), ", ", [](std::string* out, float similarity) {
      absl::StrAppendFormat(out, "%.3f", similarity);
    });
    absl::StrAppendFormat(&text, "%s\n  size %dx%d%s, seed %d\n", saved.file, image.image().size().width_px(),
                          image.image().size().height_px(), resized, image.seed());
    if (!image.candidate_similarities().empty()) {  // a variation has none
      absl::StrAppendFormat(&text, "  similarity %.3f, candidate %d of %d (%s)\n", image.similarity(),
                            image.candidate_index() + 1, image.candidate_similarities_size(), all);
    }
    for (const common::v1::StageTiming& timing : image.timings()) {
      absl::StrAppendFormat(&text, "  %-10s %7.3f s\n", StageName(timing.stage()), Seconds(timing.run_duration()));
    }
    absl::StrAppendFormat(&text, "  %-10s %7.3f s (waiting %.3f s)\n", "total", Seconds(image.total_duration()),
                          QueueSeconds(image));
  }
  for (const gateway::v1::Warning& warning : summary.warnings()) absl::StrAppend(&text, "warning: ", warning.message(), "\n");
  return text;
}

}  // namespace unclip
