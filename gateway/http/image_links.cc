#include "gateway/http/image_links.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace unclip::gateway {
namespace {

constexpr size_t kMaxHostLength = 255;

bool IsHostCharacter(char c) { return absl::ascii_isalnum(c) || absl::string_view(".-_:[]").find(c) != absl::string_view::npos; }

// Of the address that the client asked at. A host that could be none is left out: the client then has a path.
std::string Origin(const HttpRequest& request) {
  const absl::string_view host = request.Header("host").value_or("");
  if (host.empty() || host.size() > kMaxHostLength || !std::all_of(host.begin(), host.end(), IsHostCharacter)) return "";
  const bool is_https = absl::EqualsIgnoreCase(request.Header("x-forwarded-proto").value_or(""), "https");
  return absl::StrCat(is_https ? "https://" : "http://", host);
}

}  // namespace

ImageLinks::ImageLinks(const HttpRequest& request, ImageStore* store) : origin_(Origin(request)), store_(store) {}

absl::StatusOr<std::string> ImageLinks::Store(const v1::GeneratedImage& picture) const {
  ASSIGN_OR_RETURN(const std::string name, store_->Put(picture.image().format(), picture.image().data()));
  return absl::StrCat(origin_, kImageFilesPath, name);
}

void ServeStoredPicture(const std::string& name, ImageStore& store, HttpCall& call) {
  absl::StatusOr<StoredImage> image = store.Get(name);
  if (!image.ok()) return call.Fail(image.status());
  HttpResponse response;
  response.content_type = std::string(image->content_type);
  response.headers.push_back({"cache-control", "private, max-age=3600, immutable"});
  response.body = std::move(image->bytes);
  call.Respond(std::move(response));
}

}  // namespace unclip::gateway
