#include "gateway/http/http_router.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "gateway/http/http_error.h"

namespace unclip::gateway {
namespace {

constexpr absl::string_view kIdPlace = "{id}";
constexpr size_t kMaxIdLength = 128;
constexpr size_t kShownBytes = 100;

bool IsIdCharacter(char c) { return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-'; }

bool IsId(absl::string_view text) {
  return !text.empty() && text.size() <= kMaxIdLength && text != "." && text != ".." &&
         std::all_of(text.begin(), text.end(), IsIdCharacter);
}

// What stands for {id} if `path` is of `pattern`; nothing if it is not.
std::optional<std::string> Match(absl::string_view pattern, absl::string_view path) {
  const size_t place = pattern.find(kIdPlace);
  if (place == absl::string_view::npos) return pattern == path ? std::optional<std::string>("") : std::nullopt;
  if (!absl::ConsumePrefix(&path, pattern.substr(0, place)) ||
      !absl::ConsumeSuffix(&path, pattern.substr(place + kIdPlace.size())) || !IsId(path)) {
    return std::nullopt;
  }
  return std::string(path);
}

bool Serves(absl::string_view route_method, absl::string_view method) {
  return route_method == method || (route_method == "GET" && method == "HEAD");
}

// A browser sends along from which site a page's request comes. Pages of others must not make this machine work; programs that
// are no browsers send no Origin.
bool IsFromAnotherOrigin(const HttpRequest& request) {
  const std::optional<absl::string_view> origin = request.Header("origin");
  if (!origin.has_value()) return false;
  absl::string_view host = *origin;
  if (!absl::ConsumePrefix(&host, "http://") && !absl::ConsumePrefix(&host, "https://")) return true;
  return !absl::EqualsIgnoreCase(host, request.Header("host").value_or(""));
}

}  // namespace

void HttpRouter::Add(std::string method, std::string pattern, Handler handler) {
  routes_.push_back({.method = std::move(method), .pattern = std::move(pattern), .handler = std::move(handler)});
}

void HttpRouter::Handle(std::shared_ptr<HttpExchange> exchange) const {
  const HttpRequest& request = exchange->request();
  std::vector<std::string> allowed;
  for (const Route& route : routes_) {
    std::optional<std::string> id = Match(route.pattern, request.path);
    if (!id.has_value()) continue;
    if (!Serves(route.method, request.method)) {
      allowed.push_back(route.method);
      continue;
    }
    auto call = std::make_shared<HttpCall>(std::move(exchange), route.pattern, metrics_, clock_);
    if (!call->id_status().ok()) return call->Fail(call->id_status());
    if (route.method != "GET" && IsFromAnotherOrigin(call->request())) {
      return call->Fail(absl::PermissionDeniedError("header origin names another site; only pages of this server may send this"));
    }
    return route.handler(std::move(call), *std::move(id));
  }
  const std::string path = request.path.substr(0, kShownBytes);
  const std::string method = request.method;
  HttpCall call(std::move(exchange), "other", metrics_, clock_);
  if (allowed.empty()) {
    return call.Fail(
        HttpError(404, "not_found", absl::StrCat("there is nothing at ", path, "; GET /openapi.json lists what there is")));
  }
  const std::string methods = absl::StrJoin(allowed, ", ");
  HttpResponse response =
      ErrorResponse(HttpError(405, "method_not_allowed",
                              absl::StrCat("method of ", path, " is ", method.substr(0, kShownBytes), "; it must be ", methods)));
  response.headers.push_back({"allow", methods});
  call.Respond(std::move(response));
}

}  // namespace unclip::gateway
