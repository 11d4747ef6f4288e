#include "gateway/http/image_body.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "gateway/http/body/form_file.h"
#include "gateway/http/body/json_object.h"
#include "gateway/http/body/multipart_form.h"
#include "gateway/http/http_error.h"

namespace unclip::gateway {
namespace {

constexpr char kJson[] = "application/json";
constexpr char kForm[] = "multipart/form-data";
constexpr size_t kShownBytes = 80;

// "application/json" of "Application/JSON; charset=utf-8".
std::string MediaType(absl::string_view content_type) {
  return absl::AsciiStrToLower(absl::StripAsciiWhitespace(content_type.substr(0, content_type.find(';'))));
}

absl::Status WrongContentType(absl::string_view given, absl::string_view allowed) {
  return HttpError(415, "unsupported_media_type",
                   absl::StrCat("header content-type is \"", given.substr(0, kShownBytes), "\"; it must be ", allowed));
}

// The one file of `name`, which clients also write as a list of one: "image[]".
absl::StatusOr<const FormFile*> OneFile(absl::string_view name, MultipartForm& form) {
  std::vector<const FormFile*> files = form.FilesNamed(name);
  for (const FormFile* file : form.FilesNamed(absl::StrCat(name, "[]"))) files.push_back(file);
  if (files.empty()) return nullptr;
  if (files.size() == 1) return files.front();
  return absl::InvalidArgumentError(absl::StrCat(name, " is ", files.size(), " files; it must be one"));
}

absl::StatusOr<ImageParameters> ReadForm(std::optional<ImageTask> task, BodyUse use, absl::string_view content_type,
                                         const HttpRequest& request, const Capabilities& capabilities) {
  ASSIGN_OR_RETURN(MultipartForm form, MultipartForm::Parse(content_type, request.body));
  if (!task.has_value()) task = form.Has("prompt") ? ImageTask::kEdit : ImageTask::kVariation;
  // First, so that their names are known.
  ASSIGN_OR_RETURN(const FormFile* const image, OneFile("image", form));
  const FormFile* mask = nullptr;
  if (*task == ImageTask::kEdit) {
    ASSIGN_OR_RETURN(mask, OneFile("mask", form));
  }
  ASSIGN_OR_RETURN(ImageParameters parameters, ReadImageParameters(*task, use, capabilities, form));
  if (image == nullptr) return absl::InvalidArgumentError("image is missing; it must be a picture's file, PNG, JPEG or WebP");
  if (*task == ImageTask::kVariation) {
    parameters.request.mutable_variation()->set_image(std::string(image->bytes));
    return parameters;
  }
  v1::EditSource& edit = *parameters.request.mutable_edit();
  edit.set_image(std::string(image->bytes));
  if (mask != nullptr) edit.set_mask(std::string(mask->bytes));
  return parameters;
}

}  // namespace

absl::StatusOr<ImageParameters> ReadImageBody(std::optional<ImageTask> task, BodyUse use, const HttpRequest& request,
                                              const Capabilities& capabilities) {
  const absl::string_view content_type = request.Header("content-type").value_or("");
  const std::string type = MediaType(content_type);
  if (type == kJson && (!task.has_value() || task == ImageTask::kGeneration)) {
    ASSIGN_OR_RETURN(JsonObject body, JsonObject::Parse(request.body));
    return ReadImageParameters(ImageTask::kGeneration, use, capabilities, body);
  }
  if (type == kForm && task != ImageTask::kGeneration) return ReadForm(task, use, content_type, request, capabilities);
  return WrongContentType(content_type, task == ImageTask::kGeneration ? kJson
                                        : task.has_value()             ? kForm
                                                                       : "application/json or multipart/form-data");
}

}  // namespace unclip::gateway
