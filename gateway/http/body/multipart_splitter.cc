#include "gateway/http/body/multipart_splitter.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <restinio/helpers/http_field_parsers/content-disposition.hpp>
#include <restinio/helpers/http_field_parsers/content-type.hpp>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "common/validation/field_check.h"
#include "gateway/http/body/field_value.h"

// RESTinio reads the two headers that have a grammar worth the name. Its splitter of bodies is not used: it comes with all of
// Asio, wants a line end after the last boundary, which Node's FormData does not write, and does not say what is wrong.
namespace unclip::gateway {
namespace {

namespace field_parsers = restinio::http_field_parsers;

constexpr absl::string_view kLineEnd = "\r\n";
constexpr size_t kMaxPartHeaderBytes = 8 << 10;

restinio::string_view_t ToRestinio(absl::string_view text) { return {text.data(), text.size()}; }

template <typename Parameters>
std::optional<std::string> Parameter(const Parameters& parameters, absl::string_view name) {
  const auto found = field_parsers::find_first(parameters, ToRestinio(name));
  if (!found) return std::nullopt;
  return std::string(found->data(), found->size());
}

// The header's value as T; nothing when it is malformed.
template <typename T>
std::optional<T> ParseHeader(absl::string_view value) {
  try {
    auto parsed = T::try_parse(ToRestinio(value));
    if (parsed) return *std::move(parsed);
  } catch (const std::exception&) {
    return std::nullopt;  // RESTinio says malformed in either way
  }
  return std::nullopt;
}

// RFC 2046, 5.1.1.
bool IsBoundary(absl::string_view text) {
  constexpr size_t kMaxBoundaryBytes = 70;
  return !text.empty() && text.size() <= kMaxBoundaryBytes && text.back() != ' ' &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return absl::ascii_isalnum(c) ||
                  absl::string_view("'()+_,-./:=? ").find(static_cast<char>(c)) != absl::string_view::npos;
         });
}

absl::Status Malformed(size_t number, absl::string_view problem) {
  return absl::InvalidArgumentError(absl::StrCat("part ", number, " of the form ", problem));
}

absl::Status ReadDisposition(absl::string_view value, size_t number, BodyPart& part) {
  const auto disposition = ParseHeader<field_parsers::content_disposition_value_t>(value);
  if (!disposition.has_value() || disposition->value != "form-data") {
    return Malformed(number, absl::StrCat("has the Content-Disposition ", Quoted(value), "; it must be form-data; name=\"...\""));
  }
  part.name = Parameter(disposition->parameters, "name").value_or("");
  const std::optional<std::string> file_name = Parameter(disposition->parameters, "filename");
  part.is_file = file_name.has_value() || Parameter(disposition->parameters, "filename*").has_value();
  part.file_name = file_name.value_or("");
  return absl::OkStatus();
}

absl::Status ReadContentType(absl::string_view value, size_t number, BodyPart& part) {
  const auto content_type = ParseHeader<field_parsers::content_type_value_t>(value);
  if (!content_type.has_value()) {
    return Malformed(number, absl::StrCat("has the Content-Type ", Quoted(value), "; it must be type/subtype"));
  }
  part.content_type = absl::StrCat(content_type->media_type.type, "/", content_type->media_type.subtype);
  return absl::OkStatus();
}

absl::Status ReadHeaders(absl::string_view headers, size_t number, BodyPart& part) {
  if (absl::StrContains(headers, "\r\n ") || absl::StrContains(headers, "\r\n\t")) {
    return Malformed(number, "has a folded header; each must be one line");
  }
  bool has_disposition = false;
  for (const absl::string_view line : absl::StrSplit(headers, kLineEnd, absl::SkipEmpty())) {
    const size_t colon = line.find(':');
    const absl::string_view name = line.substr(0, colon);
    const bool is_name = std::all_of(name.begin(), name.end(), [](unsigned char c) { return absl::ascii_isgraph(c); });
    if (colon == absl::string_view::npos || name.empty() || !is_name) {
      return Malformed(number, absl::StrCat("has the header ", Quoted(line), "; it must be NAME: VALUE"));
    }
    const absl::string_view value = absl::StripAsciiWhitespace(line.substr(colon + 1));
    if (absl::EqualsIgnoreCase(name, "content-disposition")) {
      if (std::exchange(has_disposition, true)) return Malformed(number, "has two Content-Dispositions; it must have one");
      RETURN_IF_ERROR(ReadDisposition(value, number, part));
    } else if (absl::EqualsIgnoreCase(name, "content-type")) {
      RETURN_IF_ERROR(ReadContentType(value, number, part));
    } else if (absl::EqualsIgnoreCase(name, "content-transfer-encoding") && !absl::EqualsIgnoreCase(value, "binary") &&
               !absl::EqualsIgnoreCase(value, "8bit") && !absl::EqualsIgnoreCase(value, "7bit")) {
      return Malformed(number, absl::StrCat("has the Content-Transfer-Encoding ", Quoted(value), "; it must be sent as it is"));
    }
  }
  if (part.name.empty()) return Malformed(number, "has no name; it must have Content-Disposition: form-data; name=\"...\"");
  return CheckText(absl::StrCat("the name of part ", number), part.name, kMaxFieldNameBytes);
}

absl::StatusOr<BodyPart> ReadPart(absl::string_view text, size_t number) {
  BodyPart part;
  absl::string_view headers;
  if (!absl::StartsWith(text, kLineEnd)) {
    const size_t end = text.substr(0, kMaxPartHeaderBytes).find("\r\n\r\n");
    if (end == absl::string_view::npos) {
      return Malformed(number, absl::StrCat("has no empty line after its headers in its first ", kMaxPartHeaderBytes,
                                            " bytes; there must be one"));
    }
    headers = text.substr(0, end + kLineEnd.size());
  }
  RETURN_IF_ERROR(ReadHeaders(headers, number, part));
  part.content = text.substr(headers.size() + kLineEnd.size());
  return part;
}

}  // namespace

absl::StatusOr<std::string> BoundaryOf(absl::string_view content_type) {
  const auto parsed = ParseHeader<field_parsers::content_type_value_t>(content_type);
  std::optional<std::string> boundary;
  if (parsed.has_value() && parsed->media_type.type == "multipart" && parsed->media_type.subtype == "form-data") {
    boundary = Parameter(parsed->media_type.parameters, "boundary");
  }
  if (boundary.has_value() && IsBoundary(*boundary)) return *std::move(boundary);
  return WrongValue("Content-Type", Quoted(content_type), "multipart/form-data; boundary=... (1 to 70 characters of RFC 2046)");
}

absl::StatusOr<std::vector<BodyPart>> SplitMultipart(absl::string_view body, absl::string_view boundary, size_t max_parts) {
  const std::string delimiter = absl::StrCat("--", boundary);
  const std::string next_delimiter = absl::StrCat(kLineEnd, delimiter);
  // What stands before the first boundary is for readers of mail.
  size_t position = 0;
  if (!absl::StartsWith(body, delimiter)) {
    position = body.find(next_delimiter);
    if (position == absl::string_view::npos) {
      return absl::InvalidArgumentError("the form has no part; it must begin with the boundary that Content-Type names");
    }
    position += kLineEnd.size();
  }
  absl::string_view rest = body.substr(position + delimiter.size());
  std::vector<BodyPart> parts;
  while (!absl::StartsWith(rest, "--")) {
    const size_t number = parts.size() + 1;
    if (number > max_parts) {
      return absl::InvalidArgumentError(
          absl::StrCat("the form has more than ", max_parts, " parts; it must have at most as many"));
    }
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    const size_t end = rest.find(next_delimiter);
    if (!absl::ConsumePrefix(&rest, kLineEnd) || end == absl::string_view::npos || end < kLineEnd.size()) {
      return Malformed(number, "is cut off or malformed; it must lie between two boundaries");
    }
    const size_t size = end - kLineEnd.size();
    ASSIGN_OR_RETURN(BodyPart part, ReadPart(rest.substr(0, size), number));
    parts.push_back(std::move(part));
    rest.remove_prefix(size + next_delimiter.size());
  }
  return parts;
}

}  // namespace unclip::gateway
