#include "common/debug/debug_pages.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

namespace unclip {
namespace {

using nlohmann::ordered_json;

constexpr char kRequestsPath[] = "/debug/requests";

const char* NameOf(DebugState state) {
  switch (state) {
    case DebugState::kRunning:
      return "running";
    case DebugState::kStarted:
      return "started";
    case DebugState::kQueued:
      break;
  }
  return "queued";
}

struct RequestTable {
  size_t running = 0, started = 0, queued = 0;  // of all
  std::vector<DebugRequest> shown;              // what runs first, and then by age
};

RequestTable MakeTable(const DebugSources& sources) {
  RequestTable table;
  if (sources.requests) table.shown = sources.requests();
  for (const DebugRequest& request : table.shown) {
    ++(request.state == DebugState::kRunning   ? table.running
       : request.state == DebugState::kStarted ? table.started
                                               : table.queued);
  }
  std::stable_sort(table.shown.begin(), table.shown.end(), [](const DebugRequest& a, const DebugRequest& b) {
    return std::pair(a.state, b.age) < std::pair(b.state, a.age);
  });
  if (table.shown.size() > kMaxDebugRequests) table.shown.resize(kMaxDebugRequests);
  return table;
}

std::string ToText(const ordered_json& json) { return json.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n"; }

std::string RequestsJson(const DebugSources& sources) {
  const RequestTable table = MakeTable(sources);
  ordered_json requests = ordered_json::array();
  for (const DebugRequest& request : table.shown) {
    requests.push_back({{"request_id", request.request_id},
                        {"trace_id", request.trace_id},
                        {"state", NameOf(request.state)},
                        {"stage", request.stage},
                        {"step", request.step},
                        {"step_count", request.step_count},
                        {"seconds", absl::ToDoubleSeconds(request.age)}});
  }
  return ToText({{"process", sources.process},
                 {"running", table.running},
                 {"started", table.started},
                 {"queued", table.queued},
                 {"requests", std::move(requests)}});
}

std::string Escape(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}});
}

std::string Html(const std::string& title, const std::string& content) {
  return absl::StrCat("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>", Escape(title),
                      "</title></head><body>\n<h1>", Escape(title), "</h1>\n", content, "</body></html>\n");
}

std::string RequestsHtml(const DebugSources& sources) {
  const RequestTable table = MakeTable(sources);
  std::string content =
      absl::StrCat("<p>", table.running, " running, ", table.started, " started, ", table.queued, " queued; ", table.shown.size(),
                   " shown</p>\n<table border=\"1\">\n<tr><th>request id</th><th>trace id</th><th>state</th><th>stage</th>"
                   "<th>step</th><th>seconds</th></tr>\n");
  for (const DebugRequest& request : table.shown) {
    const std::string step = request.step_count > 0 ? absl::StrCat(request.step, " of ", request.step_count) : "";
    absl::StrAppend(&content, "<tr><td>", Escape(request.request_id), "</td><td>", Escape(request.trace_id), "</td><td>",
                    NameOf(request.state), "</td><td>", Escape(request.stage), "</td><td>", step, "</td><td>",
                    absl::StrFormat("%.3f", absl::ToDoubleSeconds(request.age)), "</td></tr>\n");
  }
  return Html(absl::StrCat(sources.process, ": requests"), content + "</table>\n");
}

bool WantsHtml(absl::string_view query, absl::string_view accept) {
  if (query == "format=html") return true;
  return query != "format=json" && absl::StrContains(accept, "text/html");
}

}  // namespace

std::optional<DebugPage> RenderDebugPage(const DebugSources& sources, absl::string_view path, absl::string_view query,
                                         absl::string_view accept) {
  const bool is_index = path == "/debug" || path == "/debug/";
  if (!is_index && path != kRequestsPath) return std::nullopt;
  if (!WantsHtml(query, accept)) {
    return DebugPage{
        .content_type = "application/json",
        .body = is_index ? ToText({{"process", sources.process}, {"pages", {kRequestsPath}}}) : RequestsJson(sources)};
  }
  const std::string links = absl::StrCat("<ul><li><a href=\"", kRequestsPath, "\">", kRequestsPath, "</a></li></ul>\n");
  return DebugPage{.content_type = "text/html; charset=utf-8",
                   .body = is_index ? Html(absl::StrCat(sources.process, ": debug pages"), links) : RequestsHtml(sources)};
}

}  // namespace unclip
