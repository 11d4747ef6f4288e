#include "gateway/http/store/image_name.h"

#include <algorithm>
#include <iterator>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "gateway/http/store/random_id.h"

namespace unclip::gateway {
namespace {

struct Ending {
  common::v1::ImageFormat format;
  absl::string_view text;
  absl::string_view content_type;
};

constexpr Ending kEndings[] = {
    {common::v1::IMAGE_FORMAT_PNG, ".png", "image/png"},
    {common::v1::IMAGE_FORMAT_JPEG, ".jpg", "image/jpeg"},
    {common::v1::IMAGE_FORMAT_WEBP, ".webp", "image/webp"},
};

const Ending* FindEnding(absl::string_view name) {
  if (name.size() <= kRandomIdLength) return nullptr;
  const Ending* const found = std::find_if(std::begin(kEndings), std::end(kEndings),
                                           [&](const Ending& ending) { return ending.text == name.substr(kRandomIdLength); });
  return found == std::end(kEndings) ? nullptr : found;
}

}  // namespace

absl::StatusOr<std::string> NewImageName(common::v1::ImageFormat format) {
  for (const Ending& ending : kEndings) {
    if (ending.format != format) continue;
    ASSIGN_OR_RETURN(const std::string id, NewRandomId());
    return absl::StrCat(id, ending.text);
  }
  return absl::InvalidArgumentError(absl::StrCat("the picture's format is ", format, "; it must be PNG, JPEG or WebP"));
}

bool IsImageName(absl::string_view name) { return FindEnding(name) != nullptr && IsRandomId(name.substr(0, kRandomIdLength)); }

absl::string_view ContentTypeOf(absl::string_view name) {
  const Ending* const ending = FindEnding(name);
  return ending == nullptr ? "application/octet-stream" : ending->content_type;
}

}  // namespace unclip::gateway
