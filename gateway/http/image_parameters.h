// What the bodies of the three image routes may say, and what it means to the pipeline.
#ifndef UNCLIP_GATEWAY_HTTP_IMAGE_PARAMETERS_H_
#define UNCLIP_GATEWAY_HTTP_IMAGE_PARAMETERS_H_

#include <string>

#include "absl/status/statusor.h"
#include "gateway/capabilities.h"
#include "gateway/http/body/body_fields.h"
#include "gateway/http/image_task.h"
#include "unclip/gateway/v1/image_generation_service.pb.h"

namespace unclip::gateway {

struct ImageParameters {
  ImageTask task = ImageTask::kGeneration;
  v1::GenerateImageRequest request = {};  // but for the pictures of its source
  bool as_url = false;                    // in place of base64
  bool stream = false;
  int partial_image_count = 0;        // of each picture, 0 to 3
  std::string output_format = "png";  // "png", "jpeg" or "webp"
  std::string quality = "standard";   // as the answer says it
  std::string preset = {};            // "quality", "balanced" or "fast"; "" when not said
  std::string size = {};              // "WIDTHxHEIGHT"
};

// Where a body is read for: a job has no stream.
enum class BodyUse { kCall, kJob };

// Reads `fields`. INVALID_ARGUMENT naming the field, its value and what is allowed; also for a field that does not exist. What
// the loaded models allow is checked later, by ParseGenerationRequest(). Source: ../shared/reference/serving.md §5.
absl::StatusOr<ImageParameters> ReadImageParameters(ImageTask task, BodyUse use, const Capabilities& capabilities,
                                                    BodyFields& fields);

// The names that a request may give its model: "dall-e-2" and "unclip", besides that of the loaded checkpoint.
inline constexpr const char* kModelNames[] = {"dall-e-2", "unclip"};

// Name of the loaded checkpoint.
const std::string& LoadedModelName(const Capabilities& capabilities);

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_IMAGE_PARAMETERS_H_
