// Pictures and captions as files hold them.
#ifndef UNCLIP_TRAIN_DATA_EXAMPLE_PARTS_H_
#define UNCLIP_TRAIN_DATA_EXAMPLE_PARTS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/image/rgb_image.h"
#include "train/data/dataset.h"

namespace unclip::train {

// A caption file may be this long.
inline constexpr int64_t kMaxCaptionBytes = 1 << 20;

// Whether `extension`, without its dot and in any case, is that of a picture that can be read: png, jpg, jpeg, webp.
bool IsPictureExtension(absl::string_view extension);

// The window of the picture in a PNG, JPEG or WebP file: the middle square of it, resized (Lanczos) to window.size, and of that
// the window, which CheckWindow() must accept. INVALID_ARGUMENT as DecodeImage() says.
absl::StatusOr<RgbImage> DecodeWindow(absl::string_view bytes, const Window& window);

// One of the lines of `text` that are not empty, without the white space around it; "" when there is none. INVALID_ARGUMENT when
// `text` is not UTF-8.
absl::StatusOr<std::string> CaptionLine(absl::string_view text, uint64_t variant);

// The string "caption" of a JSON object. INVALID_ARGUMENT when `text` is no such thing.
absl::StatusOr<std::string> JsonCaption(absl::string_view text);

}  // namespace unclip::train

#endif  // UNCLIP_TRAIN_DATA_EXAMPLE_PARTS_H_
