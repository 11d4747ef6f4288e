// A request and an answer of HTTP, free of any HTTP library.
#ifndef UNCLIP_GATEWAY_HTTP_HTTP_MESSAGE_H_
#define UNCLIP_GATEWAY_HTTP_HTTP_MESSAGE_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

namespace unclip::gateway {

struct HttpHeader {
  std::string name;
  std::string value;
};

struct HttpRequest {
  std::string method;  // "GET"
  std::string path;    // of the target, as sent: not decoded, without the query
  std::string query;   // what followed '?'
  std::vector<HttpHeader> headers = {};
  std::string body = {};

  // Value of the first header of this name; upper and lower case are the same.
  std::optional<absl::string_view> Header(absl::string_view name) const {
    for (const HttpHeader& header : headers) {
      if (absl::EqualsIgnoreCase(header.name, name)) return header.value;
    }
    return std::nullopt;
  }
};

struct HttpResponse {
  int status = 200;
  std::string content_type = {};
  std::vector<HttpHeader> headers = {};
  std::shared_ptr<const std::string> body = {};  // null: empty

  void SetBody(std::string text) { body = std::make_shared<const std::string>(std::move(text)); }
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_HTTP_MESSAGE_H_
