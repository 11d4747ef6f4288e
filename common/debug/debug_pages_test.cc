#include "common/debug/debug_pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"

namespace unclip {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

DebugRequest Request(std::string id, DebugState state, int seconds) {
  return {.request_id = std::move(id),
          .trace_id = "0af7651916cd43dd8448eb211c80319c",
          .state = state,
          .stage = "decoder",
          .step = 7,
          .step_count = 25,
          .age = absl::Seconds(seconds)};
}

DebugSources Sources(const std::vector<DebugRequest>& requests) {
  return {.process = "decoder", .requests = [requests] { return requests; }};
}

nlohmann::json Json(const DebugSources& sources) {
  return nlohmann::json::parse(RenderDebugPage(sources, "/debug/requests", "", "*/*")->body);
}

TEST(DebugPagesTest, RequestsAreShownRunningOnesFirstThenTheOldest) {
  const nlohmann::json page =
      Json(Sources({Request("young", DebugState::kQueued, 1), Request("old", DebugState::kQueued, 9),
                    Request("between", DebugState::kStarted, 3), Request("now", DebugState::kRunning, 2)}));
  EXPECT_EQ(page["process"], "decoder");
  EXPECT_EQ(page["running"], 1);
  EXPECT_EQ(page["started"], 1);
  EXPECT_EQ(page["queued"], 2);
  std::vector<std::string> ids;
  for (const auto& request : page["requests"]) ids.push_back(request["request_id"]);
  EXPECT_THAT(ids, testing::ElementsAre("now", "between", "old", "young"));
  EXPECT_EQ(page["requests"][0], nlohmann::json::parse(R"({"request_id": "now", "trace_id": "0af7651916cd43dd8448eb211c80319c",
    "state": "running", "stage": "decoder", "step": 7, "step_count": 25, "seconds": 2.0})"));
}

TEST(DebugPagesTest, ThePageIsBounded) {
  std::vector<DebugRequest> many;
  for (size_t i = 0; i < kMaxDebugRequests + 50; ++i) many.push_back(Request("id", DebugState::kQueued, 1));
  const nlohmann::json page = Json(Sources(many));
  EXPECT_EQ(page["requests"].size(), kMaxDebugRequests);
  EXPECT_EQ(page["queued"], kMaxDebugRequests + 50);
}

TEST(DebugPagesTest, IsEmptyWhereThereIsNothing) {
  EXPECT_EQ(Json({.process = "train"})["requests"].size(), 0);
  EXPECT_EQ(Json(Sources({}))["requests"].size(), 0);
}

TEST(DebugPagesTest, ABrowserGetsHtmlInWhichNobodyCanWriteMarkup) {
  const DebugSources sources = Sources({Request("<script>'\"&", DebugState::kRunning, 2)});
  const auto page = RenderDebugPage(sources, "/debug/requests", "", "text/html,application/xhtml+xml");
  EXPECT_EQ(page->content_type, "text/html; charset=utf-8");
  EXPECT_THAT(page->body, AllOf(HasSubstr("&lt;script&gt;&#39;&quot;&amp;"), Not(HasSubstr("<script")), HasSubstr("7 of 25"),
                                HasSubstr("1 running, 0 started, 0 queued")));
}

TEST(DebugPagesTest, TheQuerySaysWhichForm) {
  const DebugSources sources = Sources({});
  EXPECT_EQ(RenderDebugPage(sources, "/debug/requests", "format=json", "text/html")->content_type, "application/json");
  EXPECT_EQ(RenderDebugPage(sources, "/debug/requests", "format=html", "")->content_type, "text/html; charset=utf-8");
}

TEST(DebugPagesTest, TheIndexListsThePages) {
  for (const char* path : {"/debug", "/debug/"}) {
    EXPECT_THAT(RenderDebugPage(Sources({}), path, "", "")->body, HasSubstr("\"/debug/requests\""));
    EXPECT_THAT(RenderDebugPage(Sources({}), path, "", "text/html")->body, HasSubstr("href=\"/debug/requests\""));
  }
  for (const char* path : {"/", "/debug/x", "/debug/requests/", "/debugger"}) {
    EXPECT_FALSE(RenderDebugPage(Sources({}), path, "", "").has_value()) << path;
  }
}

}  // namespace
}  // namespace unclip
