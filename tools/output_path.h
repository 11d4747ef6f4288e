// Where `unclip generate` puts pictures, and in which format.
#ifndef UNCLIP_TOOLS_OUTPUT_PATH_H_
#define UNCLIP_TOOLS_OUTPUT_PATH_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "unclip/common/v1/image.pb.h"

namespace unclip {

// The format that a file's suffix stands for: .png, .jpg, .jpeg or .webp in any case. A UsageError for others.
absl::StatusOr<common::v1::ImageFormat> FormatOfPath(absl::string_view path);

// `path` itself when there is one picture; with several, `path` with "-INDEX" before its suffix ("a/b.png" to "a/b-0.png").
std::string NumberedPath(absl::string_view path, int index, int count);

// The suffix of a file in `format`, with the dot; empty for formats that are not files.
absl::string_view SuffixOf(common::v1::ImageFormat format);

}  // namespace unclip

#endif  // UNCLIP_TOOLS_OUTPUT_PATH_H_
