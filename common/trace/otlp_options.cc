#include "common/trace/otlp_options.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "base/version.h"
#include "common/trace/trace_context.h"

namespace unclip {
namespace {

constexpr char kTracesPath[] = "/v1/traces";

using Pairs = std::vector<std::pair<std::string, std::string>>;

// A random UUID (version 4), as the conventions would have it.
std::string NewInstanceId() {
  const TraceId random = NewTraceId();
  return absl::StrFormat("%08x-%04x-4%03x-%04x-%012x", random.high >> 32, random.high >> 16 & 0xFFFF, random.high & 0xFFF,
                         (random.low >> 48 & 0x3FFF) | 0x8000, random.low & 0xFFFFFFFFFFFF);
}

std::optional<std::string> DecodePercent(absl::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    if (i + 2 >= text.size() || !absl::ascii_isxdigit(text[i + 1]) || !absl::ascii_isxdigit(text[i + 2])) return std::nullopt;
    absl::StrAppend(&decoded, absl::HexStringToBytes(text.substr(i + 1, 2)));
    i += 2;
  }
  return decoded;
}

bool IsPrintable(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c >= ' ' && c != 0x7F; });
}

bool IsHeaderName(absl::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isalnum(c) || absl::string_view("!#$%&'*+-.^_`|~").find(c) != absl::string_view::npos;
  });
}

// a=1,b=2
absl::StatusOr<Pairs> ReadPairs(const char* variable, absl::string_view text) {
  Pairs pairs;
  for (const absl::string_view member : absl::StrSplit(text, ',', absl::SkipWhitespace())) {
    const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(member, absl::MaxSplits('=', 1));
    std::optional<std::string> key = DecodePercent(absl::StripAsciiWhitespace(parts.first));
    std::optional<std::string> value = DecodePercent(absl::StripAsciiWhitespace(parts.second));
    if (!absl::StrContains(member, '=') || !key || key->empty() || !value || !IsPrintable(*key) || !IsPrintable(*value)) {
      return absl::InvalidArgumentError(
          absl::StrCat("environment variable ", variable, " cannot be read; it must be like a=1,b=2"));
    }
    pairs.emplace_back(*std::move(key), *std::move(value));
  }
  return pairs;
}

absl::Status CheckUrl(absl::string_view what, absl::string_view url) {
  absl::string_view rest = url;
  const bool has_scheme = absl::ConsumePrefix(&rest, "http://") || absl::ConsumePrefix(&rest, "https://");
  if (has_scheme && !rest.empty() && rest.front() != '/' &&
      std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < 0x7F; })) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(what, " is \"", url, "\"; it must be an address such as http://127.0.0.1:4318"));
}

absl::StatusOr<std::string> ChooseUrl(absl::string_view endpoint, const Environment& environment) {
  const auto below = [](absl::string_view base) { return absl::StrCat(absl::StripSuffix(base, "/"), kTracesPath); };
  if (absl::EqualsIgnoreCase(environment("OTEL_SDK_DISABLED").value_or(""), "true")) return "";
  if (!endpoint.empty()) {
    RETURN_IF_ERROR(CheckUrl("--otlp_endpoint", endpoint));
    return below(endpoint);
  }
  // Set and empty is as good as not set, says OpenTelemetry.
  if (std::string url = environment("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT").value_or(""); !url.empty()) {
    RETURN_IF_ERROR(CheckUrl("environment variable OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", url));
    return url;
  }
  const std::string base = environment("OTEL_EXPORTER_OTLP_ENDPOINT").value_or("");
  if (base.empty()) return "";
  RETURN_IF_ERROR(CheckUrl("environment variable OTEL_EXPORTER_OTLP_ENDPOINT", base));
  return below(base);
}

absl::StatusOr<Pairs> ReadHeaders(const Environment& environment) {
  for (const char* variable : {"OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"}) {
    const std::string text = environment(variable).value_or("");
    if (text.empty()) continue;
    ASSIGN_OR_RETURN(Pairs headers, ReadPairs(variable, text));
    if (std::all_of(headers.begin(), headers.end(), [](const auto& header) { return IsHeaderName(header.first); }))
      return headers;
    return absl::InvalidArgumentError(absl::StrCat("environment variable ", variable, " names a header that cannot be one"));
  }
  return Pairs();
}

}  // namespace

absl::StatusOr<OtlpOptions> MakeOtlpOptions(absl::string_view endpoint, absl::string_view process,
                                            const Environment& environment) {
  OtlpOptions options;
  ASSIGN_OR_RETURN(options.url, ChooseUrl(endpoint, environment));
  if (options.url.empty()) return options;
  ASSIGN_OR_RETURN(options.headers, ReadHeaders(environment));
  options.resource = {{"service.name", absl::StrCat("unclip-", process)},
                      {"service.version", kVersion},
                      {"service.instance.id", NewInstanceId()}};
  constexpr char kAttributes[] = "OTEL_RESOURCE_ATTRIBUTES";
  ASSIGN_OR_RETURN(Pairs attributes, ReadPairs(kAttributes, environment(kAttributes).value_or("")));
  for (auto& [key, value] : attributes) options.resource[key] = std::move(value);
  const std::string name = environment("OTEL_SERVICE_NAME").value_or("");
  if (!name.empty()) options.resource["service.name"] = name;
  return options;
}

}  // namespace unclip
