// Finished pictures behind addresses: what `response_format` "url" asks for.
#ifndef UNCLIP_GATEWAY_HTTP_IMAGE_LINKS_H_
#define UNCLIP_GATEWAY_HTTP_IMAGE_LINKS_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "gateway/http/http_call.h"
#include "gateway/http/http_message.h"
#include "gateway/http/store/image_store.h"
#include "unclip/gateway/v1/image_generation_service.pb.h"

namespace unclip::gateway {

// The route that serves them: GET /v1/images/files/{id}.
inline constexpr char kImageFilesPath[] = "/v1/images/files/";

// Puts the picture's file into `store` and tells its address, at the host and by the scheme that `request` came by.
absl::StatusOr<std::string> StorePicture(const v1::GeneratedImage& picture, const HttpRequest& request, ImageStore& store);

// Answers with the stored picture.
void ServeStoredPicture(const std::string& name, ImageStore& store, HttpCall& call);

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_IMAGE_LINKS_H_
