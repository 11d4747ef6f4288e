#include "gateway/http/web_files.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gateway/http/embedded_files.h"

namespace unclip::gateway {
namespace {

// The page loads nothing from elsewhere, runs no script but its own files, and is shown in no other page.
constexpr char kContentSecurityPolicy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

absl::string_view ContentTypeOf(absl::string_view name) {
  struct Ending {
    absl::string_view ending;
    absl::string_view content_type;
  };
  static constexpr Ending kEndings[] = {{".html", "text/html; charset=utf-8"},
                                        {".js", "text/javascript; charset=utf-8"},
                                        {".css", "text/css; charset=utf-8"},
                                        {".svg", "image/svg+xml"},
                                        {".json", "application/json"}};
  for (const auto& [ending, content_type] : kEndings) {
    if (absl::EndsWith(name, ending)) return content_type;
  }
  return "application/octet-stream";
}

std::vector<WebFile> MakeWebFiles() {
  static std::vector<std::string>* const paths = new std::vector<std::string>;
  paths->reserve(EmbeddedFiles().size());  // the views into them stay
  std::vector<WebFile> files;
  for (const EmbeddedFile& file : EmbeddedFiles()) {
    paths->push_back(file.name == "index.html" ? "/" : absl::StrCat("/", file.name));
    files.push_back({.path = paths->back(), .content_type = ContentTypeOf(file.name), .content = file.content});
  }
  return files;
}

}  // namespace

absl::Span<const WebFile> WebFiles() {
  static const std::vector<WebFile>* const files = new std::vector<WebFile>(MakeWebFiles());
  return *files;
}

void ServeWebFile(const WebFile& file, HttpCall& call) {
  HttpResponse response;
  response.content_type = std::string(file.content_type);
  response.headers.push_back({"content-security-policy", kContentSecurityPolicy});
  response.headers.push_back({"referrer-policy", "no-referrer"});
  response.headers.push_back({"cache-control", "no-cache"});
  response.SetBody(std::string(file.content));
  call.Respond(std::move(response));
}

}  // namespace unclip::gateway
