#include "gateway/http/http_error.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "common/rpc/retry_info.h"

namespace unclip::gateway {
namespace {

using Json = nlohmann::ordered_json;

// Holds "STATUS CODE" of an HttpError().
constexpr char kPayloadUrl[] = "unclip.gateway.http_error";

// Messages in which the pipeline finds its fields; over HTTP they have none.
constexpr absl::string_view kMessagePrefixes[] = {"request.", "variation.", "edit."};

// What comes after a field.
constexpr absl::string_view kVerbs[] = {" is ", " has ", " holds "};

struct HttpMeaning {
  int status = 500;
  std::string type = "server_error";
  std::string code;  // "": null
};

absl::StatusCode NearestCode(int http_status) {
  switch (http_status) {
    case 404:
      return absl::StatusCode::kNotFound;
    case 409:
      return absl::StatusCode::kAborted;
    case 429:
      return absl::StatusCode::kResourceExhausted;
    default:
      return http_status < 500 ? absl::StatusCode::kInvalidArgument : absl::StatusCode::kInternal;
  }
}

HttpMeaning MeaningOfCode(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return {400, "invalid_request_error", ""};
    case absl::StatusCode::kUnauthenticated:
      return {401, "authentication_error", ""};
    case absl::StatusCode::kPermissionDenied:
      return {403, "permission_error", ""};
    case absl::StatusCode::kNotFound:
      return {404, "invalid_request_error", "not_found"};
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kAborted:
      return {409, "invalid_request_error", "conflict"};
    case absl::StatusCode::kResourceExhausted:
      return {429, "rate_limit_error", "queue_full"};
    case absl::StatusCode::kCancelled:
      return {499, "server_error", "cancelled"};
    case absl::StatusCode::kUnimplemented:
      return {501, "invalid_request_error", "not_implemented"};
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kFailedPrecondition:
      return {503, "server_error", "service_unavailable"};
    case absl::StatusCode::kDeadlineExceeded:
      return {504, "server_error", "deadline_exceeded"};
    default:
      return {};
  }
}

HttpMeaning MeaningOf(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kPayloadUrl);
  if (!payload.has_value()) return MeaningOfCode(status.code());
  const std::vector<std::string> parts = absl::StrSplit(std::string(*payload), ' ');
  HttpMeaning meaning = MeaningOfCode(status.code());
  if (absl::SimpleAtoi(parts[0], &meaning.status) && parts.size() > 1) meaning.code = parts[1];
  return meaning;
}

bool IsFieldCharacter(char c) { return absl::ascii_isalnum(c) || c == '_' || c == '.' || c == '[' || c == ']'; }

// Messages of bad requests begin with the field: "size is 3x3; it must be ...", or "edit.mask: image is ..." of what a file
// holds.
std::optional<std::string> FieldOf(const absl::Status& status) {
  if (status.code() != absl::StatusCode::kInvalidArgument) return std::nullopt;
  const absl::string_view message = status.message();
  const auto end = std::find_if_not(message.begin(), message.end(), IsFieldCharacter);
  absl::string_view field = message.substr(0, end - message.begin());
  const absl::string_view rest = message.substr(field.size());
  if (field.empty() || !absl::ascii_islower(field[0])) return std::nullopt;
  const bool is_path = absl::StrContains(field, '.') && absl::StartsWith(rest, ": ");
  const auto follows = [rest](absl::string_view verb) { return absl::StartsWith(rest, verb); };
  if (!is_path && std::none_of(std::begin(kVerbs), std::end(kVerbs), follows)) return std::nullopt;
  for (const absl::string_view prefix : kMessagePrefixes) absl::ConsumePrefix(&field, prefix);
  return std::string(field);
}

// The message, with its fields called as they are over HTTP: "mask is 3x3 pixels; ..." for "edit.mask is ...".
std::string Message(const absl::Status& status) {
  const absl::string_view message = status.message();
  const auto begins = [message](absl::string_view prefix) { return absl::StartsWith(message, prefix); };
  // Others may quote what the caller wrote.
  if (std::none_of(std::begin(kMessagePrefixes), std::end(kMessagePrefixes), begins)) return std::string(message);
  std::vector<std::pair<absl::string_view, absl::string_view>> removed;
  for (const absl::string_view prefix : kMessagePrefixes) removed.emplace_back(prefix, "");
  return absl::StrReplaceAll(message, removed);
}

}  // namespace

absl::Status HttpError(int http_status, absl::string_view code, absl::string_view message) {
  absl::Status status(NearestCode(http_status), message);
  status.SetPayload(kPayloadUrl, absl::Cord(absl::StrCat(http_status, " ", code)));
  return status;
}

int HttpStatusOf(const absl::Status& status) { return MeaningOf(status).status; }

Json ErrorObject(const absl::Status& status) {
  const HttpMeaning meaning = MeaningOf(status);
  const std::optional<std::string> field = FieldOf(status);
  return {{"message", Message(status)},
          {"type", meaning.type},
          {"param", field.has_value() ? Json(*field) : Json()},
          {"code", meaning.code.empty() ? Json() : Json(meaning.code)}};
}

HttpResponse ErrorResponse(const absl::Status& status) {
  HttpResponse response;
  response.status = HttpStatusOf(status);
  response.content_type = "application/json";
  if (const std::optional<absl::Duration> delay = GetRetryAfter(status); delay.has_value()) {
    response.headers.push_back({"retry-after-ms", absl::StrCat(absl::ToInt64Milliseconds(*delay))});
    response.headers.push_back({"retry-after", absl::StrCat(absl::ToInt64Seconds(absl::Ceil(*delay, absl::Seconds(1))))});
  } else if (response.status == 503) {
    response.headers.push_back({"retry-after", "1"});
  }
  if (status.code() == absl::StatusCode::kDeadlineExceeded) response.headers.push_back({"x-should-retry", "false"});
  const Json body = {{"error", ErrorObject(status)}};
  response.SetBody(body.dump(-1, ' ', false, Json::error_handler_t::replace));
  return response;
}

}  // namespace unclip::gateway
