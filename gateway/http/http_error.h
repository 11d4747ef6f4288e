// Errors as clients of the OpenAI API know them: {"error": {"message", "type", "param", "code"}} and a status of HTTP.
#ifndef UNCLIP_GATEWAY_HTTP_HTTP_ERROR_H_
#define UNCLIP_GATEWAY_HTTP_HTTP_ERROR_H_

#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "gateway/http/http_message.h"

namespace unclip::gateway {

// An error that only HTTP knows: `http_status` such as 404, 405, 409, 413 or 415, and `code`, a word for programs ("not_found").
// Its canonical code is the nearest one.
absl::Status HttpError(int http_status, absl::string_view code, absl::string_view message);

// What `status`, not OK, is in HTTP: that of HttpError(), else by its canonical code.
int HttpStatusOf(const absl::Status& status);

// The JSON object that stands for `status`, not OK. Its `param` is the field that an INVALID_ARGUMENT names first.
// Source: ../shared/reference/serving.md §5, Errors.
nlohmann::ordered_json ErrorObject(const absl::Status& status);

// The whole answer: status, body, and when to try again. A client that waited until its deadline is told not to.
HttpResponse ErrorResponse(const absl::Status& status);

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_HTTP_ERROR_H_
