// Finished pictures behind addresses: what `response_format` "url" asks for.
#ifndef UNCLIP_GATEWAY_HTTP_IMAGE_LINKS_H_
#define UNCLIP_GATEWAY_HTTP_IMAGE_LINKS_H_

#include <string>

#include "absl/status/statusor.h"
#include "gateway/http/http_call.h"
#include "gateway/http/http_message.h"
#include "gateway/http/store/image_store.h"
#include "unclip/gateway/v1/image_generation_service.pb.h"

namespace unclip::gateway {

// The route that serves them: GET /v1/images/files/{id}.
inline constexpr char kImageFilesPath[] = "/v1/images/files/";

// Makes addresses for one client: at the host and by the scheme that it came by. Thread-safe.
class ImageLinks {
 public:
  // `store` must outlive the links.
  ImageLinks(const HttpRequest& request, ImageStore* store);

  // Stores the picture's file and tells its address. Errors are the store's.
  absl::StatusOr<std::string> Store(const v1::GeneratedImage& picture) const;

 private:
  const std::string origin_;  // "http://HOST:PORT"; "" when the client named no host that could be
  ImageStore* const store_;
};

// Answers with the stored picture.
void ServeStoredPicture(const std::string& name, ImageStore& store, HttpCall& call);

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_IMAGE_LINKS_H_
