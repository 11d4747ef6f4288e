#include "gateway/http/jobs/job_json.h"

#include <cmath>
#include <optional>
#include <utility>
#include <variant>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gateway/http/jobs/answer_writer.h"
#include "unclip/common/v1/image.pb.h"
#include "unclip/common/v1/progress.pb.h"

namespace unclip::gateway {
namespace {

using Json = AnswerWriter::Json;

// Never throws: what is not UTF-8 is shown as U+FFFD.
std::string Dump(const Json& json) { return json.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace); }

Json StageJson(common::v1::Stage stage) {
  switch (stage) {
    case common::v1::STAGE_PRIOR:
      return "prior";
    case common::v1::STAGE_DECODER:
      return "decoder";
    case common::v1::STAGE_SUPER_RES:
      return "super_res";
    default:
      return nullptr;
  }
}

absl::string_view NameOf(common::v1::ImageFormat format) {
  switch (format) {
    case common::v1::IMAGE_FORMAT_JPEG:
      return "jpeg";
    case common::v1::IMAGE_FORMAT_WEBP:
      return "webp";
    default:
      return "png";
  }
}

Json TimeJson(const std::optional<absl::Time>& time) {
  return time.has_value() ? Json(absl::ToUnixSeconds(*time)) : Json(nullptr);
}

Json ProgressJson(const JobProgress& progress) {
  Json json = {{"fraction", progress.fraction},     {"stage", StageJson(progress.stage)},  {"step", progress.step},
               {"step_count", progress.step_count}, {"image_index", progress.image_index}, {"eta_seconds", nullptr}};
  // An estimate to the tenth of a second is precise enough.
  if (progress.remaining.has_value()) json["eta_seconds"] = std::round(absl::ToDoubleSeconds(*progress.remaining) * 10) / 10;
  return json;
}

Json JobObject(const JobSnapshot& job) {
  Json json = {{"id", job.id},
               {"object", "job"},
               {"kind", ImageTaskName(job.kind)},
               {"status", JobStatusName(job.status)},
               {"created_at", absl::ToUnixSeconds(job.created_at)},
               {"started_at", TimeJson(job.started_at)},
               {"finished_at", TimeJson(job.finished_at)},
               {"expires_at", TimeJson(job.expires_at)},
               {"queue_position", job.queue_position.has_value() ? Json(*job.queue_position) : Json(nullptr)},
               {"progress", ProgressJson(job.progress)}};
  json["parameters"] = job.writer->Parameters();
  json["result"] = nullptr;
  if (job.status == JobStatus::kSucceeded) json["result"] = job.writer->Result(job.images, job.warnings, job.created_at);
  json["error"] = job.error.ok() ? Json(nullptr) : job.writer->Error(job.error);
  return json;
}

std::string EventText(absl::string_view name, const Json& data) {
  return absl::StrCat("event: ", name, "\ndata: ", Dump(data), "\n\n");
}

struct EventWriter {
  std::string operator()(const JobStatusEvent& job) const { return EventText("status", JobObject(*job)); }

  std::string operator()(const JobProgress& progress) const { return EventText("progress", ProgressJson(progress)); }

  std::string operator()(const JobPreviewEvent& event) const {
    const common::v1::EncodedImage& preview = *event.preview;
    return EventText("preview", {{"image_index", event.image_index},
                                 {"b64_json", absl::Base64Escape(preview.data())},
                                 {"output_format", NameOf(preview.format())},
                                 {"size", absl::StrCat(preview.size().width_px(), "x", preview.size().height_px())}});
  }

  std::string operator()(const JobImageEvent& event) const {
    Json json = {{"image_index", event.image->index()}};
    json.update(event.writer->Image(*event.image));
    return EventText("image", json);
  }
};

}  // namespace

std::string JobJson(const JobSnapshot& job) { return Dump(JobObject(job)); }

std::string DeletedJobJson(absl::string_view id) { return Dump({{"id", id}, {"object", "job"}, {"deleted", true}}); }

std::string JobEventText(const JobEvent& event) { return std::visit(EventWriter(), event); }

}  // namespace unclip::gateway
