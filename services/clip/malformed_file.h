// Error messages about the tokenizer's files.
#ifndef UNCLIP_SERVICES_CLIP_MALFORMED_FILE_H_
#define UNCLIP_SERVICES_CLIP_MALFORMED_FILE_H_

#include <nlohmann/json.hpp>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace unclip::clip {

// INVALID_ARGUMENT: `path`, a colon, and the parts of `problem` strung together.
template <typename... Parts>
absl::Status MalformedFile(const std::string& path, const Parts&... problem) {
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", problem...));
}

// `text` in quotation marks, printable, on one line, of bounded length.
inline std::string Quoted(absl::string_view text) {
  return absl::StrCat("\"", absl::Utf8SafeCHexEscape(text.substr(0, 100)), "\"");
}

// `value` as JSON, the same.
inline std::string Shown(const nlohmann::json& value) {
  return value.dump(-1, ' ', /*ensure_ascii=*/true, nlohmann::json::error_handler_t::replace).substr(0, 100);
}

}  // namespace unclip::clip

#endif  // UNCLIP_SERVICES_CLIP_MALFORMED_FILE_H_
