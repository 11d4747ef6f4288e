// From the body of an image call to what it asks for.
#ifndef UNCLIP_GATEWAY_HTTP_IMAGE_BODY_H_
#define UNCLIP_GATEWAY_HTTP_IMAGE_BODY_H_

#include <optional>

#include "absl/status/statusor.h"
#include "gateway/capabilities.h"
#include "gateway/http/http_message.h"
#include "gateway/http/image_parameters.h"

namespace unclip::gateway {

// Reads `request`'s body for `task`: JSON for a generation, multipart/form-data for an edit or a variation, whose pictures go
// into the parameters' request. Without a task, the body tells which it is: JSON is a generation, a form with a prompt an edit,
// another form a variation. INVALID_ARGUMENT naming what is wrong; HTTP 415 for another content type.
absl::StatusOr<ImageParameters> ReadImageBody(std::optional<ImageTask> task, BodyUse use, const HttpRequest& request,
                                              const Capabilities& capabilities);

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_IMAGE_BODY_H_
