// A file that came with a multipart form.
#ifndef UNCLIP_GATEWAY_HTTP_BODY_FORM_FILE_H_
#define UNCLIP_GATEWAY_HTTP_BODY_FORM_FILE_H_

#include <string>

#include "absl/strings/string_view.h"

namespace unclip::gateway {

struct FormFile {
  std::string name = {};          // of the field, as the caller wrote it: "image", "image[]"
  std::string file_name = {};     // as the caller called it: only to be shown, never to be opened
  std::string content_type = {};  // what the caller says it is, lower case, "" when not said: the bytes decide
  absl::string_view bytes = {};   // inside the form's body
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_BODY_FORM_FILE_H_
