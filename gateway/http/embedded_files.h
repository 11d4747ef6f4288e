// Files that are part of the binary. embed_files writes the source.
#ifndef UNCLIP_GATEWAY_HTTP_EMBEDDED_FILES_H_
#define UNCLIP_GATEWAY_HTTP_EMBEDDED_FILES_H_

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace unclip::gateway {

struct EmbeddedFile {
  absl::string_view name;  // without folders: "index.html"
  absl::string_view content;
};

// All of them; they live for ever.
absl::Span<const EmbeddedFile> EmbeddedFiles();

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_EMBEDDED_FILES_H_
