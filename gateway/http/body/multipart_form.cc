#include "gateway/http/body/multipart_form.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "common/validation/field_check.h"
#include "gateway/http/body/field_value.h"
#include "gateway/http/body/multipart_splitter.h"

namespace unclip::gateway {

absl::StatusOr<MultipartForm> MultipartForm::Parse(absl::string_view content_type, absl::string_view body,
                                                   const MultipartLimits& limits) {
  ASSIGN_OR_RETURN(const std::string boundary, BoundaryOf(content_type));
  ASSIGN_OR_RETURN(std::vector<BodyPart> parts, SplitMultipart(body, boundary, limits.max_parts));
  MultipartForm form;
  for (BodyPart& part : parts) {
    if (part.is_file && part.file_name.empty() && part.content.empty()) continue;
    if (!part.is_file) {
      if (part.content.size() > limits.max_text_bytes) {
        return absl::InvalidArgumentError(absl::StrCat(part.name, " is ", part.content.size(), " bytes long; it must be at most ",
                                                       limits.max_text_bytes, " bytes of UTF-8, or a file"));
      }
      RETURN_IF_ERROR(CheckUtf8(part.name, part.content));
      const bool is_repeated = std::any_of(form.fields_.begin(), form.fields_.end(),
                                           [&](const Field& field) { return !field.is_file && field.file.name == part.name; });
      if (is_repeated) return absl::InvalidArgumentError(absl::StrCat(part.name, " is given twice; it must be given once"));
    }
    form.fields_.push_back({.file = {.name = std::move(part.name),
                                     .file_name = std::move(part.file_name),
                                     .content_type = std::move(part.content_type),
                                     .bytes = part.content},
                            .is_file = part.is_file});
  }
  return form;
}

bool MultipartForm::Has(absl::string_view name) const {
  return std::any_of(fields_.begin(), fields_.end(),
                     [&](const Field& field) { return field.file.name == name && (field.is_file || !field.file.bytes.empty()); });
}

absl::StatusOr<std::optional<absl::string_view>> MultipartForm::Ask(absl::string_view name) {
  std::optional<absl::string_view> text;
  bool is_file = false;
  for (Field& field : fields_) {
    if (field.file.name != name) continue;
    field.was_asked_for = true;
    is_file = is_file || field.is_file;
    if (!field.is_file && !field.file.bytes.empty()) text = field.file.bytes;
  }
  if (is_file) return WrongValue(name, "a file", "text");
  return text;
}

absl::StatusOr<std::optional<std::string>> MultipartForm::GetString(absl::string_view name) {
  ASSIGN_OR_RETURN(const std::optional<absl::string_view> text, Ask(name));
  if (!text.has_value()) return std::nullopt;
  return std::string(*text);
}

absl::StatusOr<std::optional<int64_t>> MultipartForm::GetInt(absl::string_view name, int64_t minimum, int64_t maximum) {
  ASSIGN_OR_RETURN(const std::optional<absl::string_view> text, Ask(name));
  if (!text.has_value()) return std::nullopt;
  ASSIGN_OR_RETURN(const int64_t value, ParseInt(name, *text, minimum, maximum));
  return value;
}

absl::StatusOr<std::optional<uint64_t>> MultipartForm::GetUint64(absl::string_view name) {
  ASSIGN_OR_RETURN(const std::optional<absl::string_view> text, Ask(name));
  if (!text.has_value()) return std::nullopt;
  ASSIGN_OR_RETURN(const uint64_t value, ParseUint64(name, *text));
  return value;
}

absl::StatusOr<std::optional<double>> MultipartForm::GetDouble(absl::string_view name, double minimum, double maximum) {
  ASSIGN_OR_RETURN(const std::optional<absl::string_view> text, Ask(name));
  if (!text.has_value()) return std::nullopt;
  ASSIGN_OR_RETURN(const double value, ParseDouble(name, *text, minimum, maximum));
  return value;
}

absl::StatusOr<std::optional<bool>> MultipartForm::GetBool(absl::string_view name) {
  ASSIGN_OR_RETURN(const std::optional<absl::string_view> text, Ask(name));
  if (!text.has_value()) return std::nullopt;
  ASSIGN_OR_RETURN(const bool value, ParseBool(name, *text));
  return value;
}

std::optional<std::string> MultipartForm::UnknownName() const {
  for (const Field& field : fields_) {
    if (!field.was_asked_for) return field.file.name;
  }
  return std::nullopt;
}

const FormFile* MultipartForm::FindFile(absl::string_view name) {
  const std::vector<const FormFile*> files = FilesNamed(name);
  return files.empty() ? nullptr : files.front();
}

std::vector<const FormFile*> MultipartForm::FilesNamed(absl::string_view name) {
  std::vector<const FormFile*> files;
  for (Field& field : fields_) {
    if (field.file.name != name) continue;
    field.was_asked_for = true;
    if (field.is_file) files.push_back(&field.file);
  }
  return files;
}

void MultipartForm::AddTo(RequestFingerprint& fingerprint) const {
  for (const Field& field : fields_) {
    fingerprint.Add(field.file.name);
    fingerprint.Add(field.is_file ? "file" : "text");
    fingerprint.Add(field.file.bytes);
  }
}

}  // namespace unclip::gateway
