// What stored pictures are called.
#ifndef UNCLIP_GATEWAY_HTTP_STORE_IMAGE_NAME_H_
#define UNCLIP_GATEWAY_HTTP_STORE_IMAGE_NAME_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "unclip/common/v1/image.pb.h"

namespace unclip::gateway {

// A name that cannot be guessed, with the format's ending: "….png", "….jpg" or "….webp". INVALID_ARGUMENT for other formats.
absl::StatusOr<std::string> NewImageName(common::v1::ImageFormat format);

// Whether `name` could be one: it then holds no '/', no '.' but the ending's, and nothing else that a path could trick with.
bool IsImageName(absl::string_view name);

// "image/png", "image/jpeg" or "image/webp", by the ending. `name` must be an image's.
absl::string_view ContentTypeOf(absl::string_view name);

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_STORE_IMAGE_NAME_H_
