// Takes a multipart body (RFC 2046) apart.
#ifndef UNCLIP_GATEWAY_HTTP_BODY_MULTIPART_SPLITTER_H_
#define UNCLIP_GATEWAY_HTTP_BODY_MULTIPART_SPLITTER_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace unclip::gateway {

// One part. The views lie in the body.
struct BodyPart {
  std::string name = {};          // of Content-Disposition's parameters
  std::string file_name = {};     // likewise
  bool is_file = false;           // whether a file name was given, be it empty
  std::string content_type = {};  // type/subtype in lower case; "" when not said
  absl::string_view content = {};
};

// The boundary that the value of a Content-Type header names. INVALID_ARGUMENT when that is not multipart/form-data with a
// boundary.
absl::StatusOr<std::string> BoundaryOf(absl::string_view content_type);

// The parts of `body`, in order. INVALID_ARGUMENT says which part is malformed, and how; a body without its end is cut off, not
// short. Linear in the body's length, and stops at the part that is one too many.
absl::StatusOr<std::vector<BodyPart>> SplitMultipart(absl::string_view body, absl::string_view boundary, size_t max_parts);

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_BODY_MULTIPART_SPLITTER_H_
