// Finished pictures as JSON.
#ifndef UNCLIP_GATEWAY_HTTP_PICTURE_JSON_H_
#define UNCLIP_GATEWAY_HTTP_PICTURE_JSON_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "gateway/http/image_parameters.h"
#include "unclip/gateway/v1/image_generation_service.pb.h"

namespace unclip::gateway {

// The members, without braces, that say how `picture` was made: seed, similarities, timings.
std::string PictureDetails(const v1::GeneratedImage& picture);

// An item of `data`: the picture behind `url`, or as base64 when that is empty, and its details.
std::string PictureJson(const v1::GeneratedImage& picture, absl::string_view url);

// What is answered when all pictures are finished. Source: ../shared/reference/serving.md §5, Response.
struct ImagesAnswer {
  int64_t created = 0;  // seconds of the Unix epoch
  std::string request_id = {};
  std::vector<v1::Warning> warnings = {};
  std::vector<std::string> pictures = {};  // of PictureJson(), in order
};
std::string ImagesAnswerJson(const ImageParameters& parameters, const ImagesAnswer& answer);

// The members, without braces, that all events of a stream have: size, quality, background, output_format.
std::string StreamMembers(const ImageParameters& parameters);

// Nothing is billed: all zero, for clients that read it.
std::string UsageJson();

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_PICTURE_JSON_H_
