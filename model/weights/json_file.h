// Reads a JSON file that is not trusted.
#ifndef UNCLIP_MODEL_WEIGHTS_JSON_FILE_H_
#define UNCLIP_MODEL_WEIGHTS_JSON_FILE_H_

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace unclip::model {

inline constexpr size_t kMaxJsonFileBytes = 16 << 20;
inline constexpr int kMaxJsonDepth = 32;

// Parses `text`, a JSON object. INVALID_ARGUMENT, naming `path`, when it is not JSON (JSON knows no NaN, and needs valid UTF-8),
// is no object, is nested deeper than kMaxJsonDepth, or gives a key twice.
absl::StatusOr<nlohmann::json> ParseJsonObject(absl::string_view text, absl::string_view path);

// The same of the file at `path`, which may have kMaxJsonFileBytes; also the errors of MappedFile::Open.
absl::StatusOr<nlohmann::json> ReadJsonObject(const std::string& path);

}  // namespace unclip::model

#endif  // UNCLIP_MODEL_WEIGHTS_JSON_FILE_H_
