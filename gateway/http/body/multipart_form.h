// A request body of multipart/form-data.
#ifndef UNCLIP_GATEWAY_HTTP_BODY_MULTIPART_FORM_H_
#define UNCLIP_GATEWAY_HTTP_BODY_MULTIPART_FORM_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gateway/http/body/body_fields.h"
#include "gateway/http/body/form_file.h"
#include "gateway/http/body/request_fingerprint.h"

namespace unclip::gateway {

struct MultipartLimits {
  size_t max_parts = 40;
  size_t max_text_bytes = 64 << 10;  // of each field that is no file
};

// The text fields and the files of a form. An empty text is the same as an absent one, and so is a file that was not chosen (no
// name, no bytes).
class MultipartForm final : public BodyFields {
 public:
  // Reads `body`, which must outlive the form. INVALID_ARGUMENT says what is wrong: with `content_type` (the header's value),
  // with which part, or which text field comes twice. Files of one name may be several.
  static absl::StatusOr<MultipartForm> Parse(absl::string_view content_type, absl::string_view body,
                                             const MultipartLimits& limits = {});

  bool Has(absl::string_view name) const override;
  absl::StatusOr<std::optional<std::string>> GetString(absl::string_view name) override;
  absl::StatusOr<std::optional<int64_t>> GetInt(absl::string_view name, int64_t minimum, int64_t maximum) override;
  absl::StatusOr<std::optional<uint64_t>> GetUint64(absl::string_view name) override;
  absl::StatusOr<std::optional<double>> GetDouble(absl::string_view name, double minimum, double maximum) override;
  absl::StatusOr<std::optional<bool>> GetBool(absl::string_view name) override;
  std::optional<std::string> UnknownName() const override;

  // The first file of this name, null when there is none; all of them. Both make the name known, and live as long as the form.
  const FormFile* FindFile(absl::string_view name);
  std::vector<const FormFile*> FilesNamed(absl::string_view name);

  // Adds what the form says, without the boundary, which clients make anew for each attempt.
  void AddTo(RequestFingerprint& fingerprint) const;

 private:
  struct Field {
    FormFile file = {};  // its bytes are the text, if it is none
    bool is_file = false;
    bool was_asked_for = false;
  };

  // The text of the field, which becomes known; nothing when it is absent or empty. INVALID_ARGUMENT when it is a file.
  absl::StatusOr<std::optional<absl::string_view>> Ask(absl::string_view name);

  std::vector<Field> fields_;  // in the body's order; few enough to be searched one by one
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_BODY_MULTIPART_FORM_H_
