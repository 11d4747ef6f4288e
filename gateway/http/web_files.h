// The files that browsers get, which are part of the binary: the playground (gateway/web) and openapi.json.
#ifndef UNCLIP_GATEWAY_HTTP_WEB_FILES_H_
#define UNCLIP_GATEWAY_HTTP_WEB_FILES_H_

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "gateway/http/http_call.h"

namespace unclip::gateway {

struct WebFile {
  absl::string_view path;          // "/app.js"; the page itself is "/"
  absl::string_view content_type;  // by the ending of the file's name
  absl::string_view content;
};

// All of them; they live for ever.
absl::Span<const WebFile> WebFiles();

// Answers with `file`, which must live for ever, and with what a browser may do with it.
void ServeWebFile(const WebFile& file, HttpCall& call);

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_WEB_FILES_H_
