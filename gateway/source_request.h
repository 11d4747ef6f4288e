// The picture that a request starts from, as far as it can be checked without reading the files.
#ifndef UNCLIP_GATEWAY_SOURCE_REQUEST_H_
#define UNCLIP_GATEWAY_SOURCE_REQUEST_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/image/image_limits.h"
#include "common/sampling/repaint_check.h"
#include "gateway/capabilities.h"
#include "unclip/gateway/v1/image_generation_service.pb.h"

namespace unclip::gateway {

// A file may have as many bytes as DALL-E 2's API took. As many pixels as a telephone's photograph has fit into them.
inline constexpr ImageLimits kSourceLimits = {.max_bytes = size_t{4} << 20, .max_pixels = int64_t{16} << 20};

struct VariationRequest {
  std::string image_field;  // for errors: "variation.image"
  std::string image;        // a file, not yet read
};

struct EditRequest {
  std::string image_field;
  std::string mask_field;
  std::string image;  // files, not yet read
  std::string mask;   // empty: the image's own alpha channel
  RepaintSteps steps = {};
};

// `path` stands before the fields' names. INVALID_ARGUMENT, naming field, value and what is allowed; UNIMPLEMENTED, naming the
// service and its checkpoint, when the loaded models cannot do it.
absl::StatusOr<VariationRequest> ReadVariationRequest(absl::string_view path, const v1::VariationSource& proto,
                                                      const Capabilities& capabilities);

// The same; `decoder_step_count` is that of the request.
absl::StatusOr<EditRequest> ReadEditRequest(absl::string_view path, const v1::EditSource& proto, const Capabilities& capabilities,
                                            int decoder_step_count);

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_SOURCE_REQUEST_H_
