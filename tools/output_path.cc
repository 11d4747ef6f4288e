#include "tools/output_path.h"

#include <filesystem>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "tools/command_line.h"

namespace unclip {

absl::StatusOr<common::v1::ImageFormat> FormatOfPath(absl::string_view path) {
  const std::string suffix = absl::AsciiStrToLower(std::filesystem::path(std::string(path)).extension().string());
  if (suffix == ".png") return common::v1::IMAGE_FORMAT_PNG;
  if (suffix == ".jpg" || suffix == ".jpeg") return common::v1::IMAGE_FORMAT_JPEG;
  if (suffix == ".webp") return common::v1::IMAGE_FORMAT_WEBP;
  return UsageError(
      absl::StrCat("--out is \"", path, "\", but its name must end in .png, .jpg, .jpeg or .webp, or give --format"));
}

std::string NumberedPath(absl::string_view path, int index, int count) {
  if (count == 1) return std::string(path);
  const std::filesystem::path whole{std::string(path)};
  return (whole.parent_path() / absl::StrCat(whole.stem().string(), "-", index, whole.extension().string())).string();
}

absl::string_view SuffixOf(common::v1::ImageFormat format) {
  switch (format) {
    case common::v1::IMAGE_FORMAT_PNG:
      return ".png";
    case common::v1::IMAGE_FORMAT_JPEG:
      return ".jpg";
    case common::v1::IMAGE_FORMAT_WEBP:
      return ".webp";
    default:
      return "";
  }
}

}  // namespace unclip
