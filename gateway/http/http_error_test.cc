#include "gateway/http/http_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/time/time.h"
#include "common/rpc/retry_info.h"

namespace unclip::gateway {
namespace {

using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string Text(const absl::Status& status) {
  using Json = nlohmann::ordered_json;
  return ErrorObject(status).dump(-1, ' ', false, Json::error_handler_t::replace);
}

auto Header(const std::string& name, const std::string& value) {
  return testing::AllOf(Field(&HttpHeader::name, name), Field(&HttpHeader::value, value));
}

TEST(HttpErrorTest, HasAllFourMembers) {
  const HttpResponse response = ErrorResponse(absl::InvalidArgumentError("size is \"3x3\"; it must be one of 32x32"));
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(
      *response.body,
      R"({"error":{"message":"size is \"3x3\"; it must be one of 32x32","type":"invalid_request_error","param":"size","code":null}})");
}

TEST(HttpErrorTest, NamesTheFieldOfABadRequest) {
  const auto error = [](const char* message) { return Text(absl::InvalidArgumentError(message)); };
  EXPECT_THAT(error("n is 0; it must be 1 to 10"), HasSubstr("\"param\":\"n\""));
  EXPECT_THAT(error("edit.mask is 3x3; it must be as large as the image"), HasSubstr("\"param\":\"mask\""));
  EXPECT_THAT(error("super_res_step_counts[0] is 1; it must be 2 to 1000"), HasSubstr("\"param\":\"super_res_step_counts[0]\""));
  EXPECT_THAT(error("prompt has a control character"), HasSubstr("\"param\":\"prompt\""));
  EXPECT_THAT(error("prompt holds the control character U+0001 at offset 1"), HasSubstr("\"param\":\"prompt\""));
  EXPECT_THAT(error("variation.image: image is 9x9 pixels; at most 4 are accepted"), HasSubstr("\"param\":\"image\""));
  EXPECT_THAT(error("note: this is no field"), HasSubstr("\"param\":null"));
  EXPECT_THAT(error("the body is no JSON"), HasSubstr("\"param\":null"));
  EXPECT_THAT(Text(absl::InternalError("prior is broken")), HasSubstr("\"param\":null"));
}

TEST(HttpErrorTest, CallsFieldsWhatTheyAreCalledOverHttp) {
  const auto error = [](const char* message) { return Text(absl::InvalidArgumentError(message)); };
  EXPECT_THAT(error("edit.mask is 3x3 pixels; it must be as large as edit.image, 4x4 pixels"),
              HasSubstr("\"mask is 3x3 pixels; it must be as large as image, 4x4 pixels\""));
  EXPECT_THAT(error("variation.image: image is an animated PNG"), HasSubstr("\"image: image is an animated PNG\""));
  EXPECT_THAT(error("model is \"edit.mask\"; it must be one of unclip"), HasSubstr("edit.mask"));
}

TEST(HttpErrorTest, HasTheStatusThatClientsActUpon) {
  const auto status = [](absl::StatusCode code) { return HttpStatusOf(absl::Status(code, "m")); };
  EXPECT_EQ(status(absl::StatusCode::kInvalidArgument), 400);
  EXPECT_EQ(status(absl::StatusCode::kPermissionDenied), 403);
  EXPECT_EQ(status(absl::StatusCode::kNotFound), 404);
  EXPECT_EQ(status(absl::StatusCode::kAborted), 409);
  EXPECT_EQ(status(absl::StatusCode::kResourceExhausted), 429);
  EXPECT_EQ(status(absl::StatusCode::kCancelled), 499);
  EXPECT_EQ(status(absl::StatusCode::kInternal), 500);
  EXPECT_EQ(status(absl::StatusCode::kUnimplemented), 501);
  EXPECT_EQ(status(absl::StatusCode::kUnavailable), 503);
  EXPECT_EQ(status(absl::StatusCode::kDeadlineExceeded), 504);
}

TEST(HttpErrorTest, KnowsWhatOnlyHttpKnows) {
  const absl::Status status = HttpError(413, "body_too_large", "too much");
  EXPECT_EQ(HttpStatusOf(status), 413);
  EXPECT_THAT(Text(status), HasSubstr(R"("type":"invalid_request_error","param":null,"code":"body_too_large")"));
  EXPECT_THAT(Text(HttpError(405, "", "no")), HasSubstr("\"code\":null"));
}

TEST(HttpErrorTest, SaysWhenToTryAgain) {
  absl::Status full = absl::ResourceExhaustedError("full");
  SetRetryAfter(absl::Milliseconds(2500), &full);
  const HttpResponse response = ErrorResponse(full);
  EXPECT_THAT(response.headers, Contains(Header("retry-after-ms", "2500")));
  EXPECT_THAT(response.headers, Contains(Header("retry-after", "3")));
  EXPECT_THAT(ErrorResponse(absl::UnavailableError("away")).headers, Contains(Header("retry-after", "1")));
  EXPECT_THAT(ErrorResponse(absl::InvalidArgumentError("bad")).headers, IsEmpty());
}

// The client's own time is over: who tries again only makes it worse.
TEST(HttpErrorTest, TellsNotToTryAgainAfterADeadline) {
  EXPECT_THAT(ErrorResponse(absl::DeadlineExceededError("late")).headers, Contains(Header("x-should-retry", "false")));
}

// A sender that was slow may be faster next time.
TEST(HttpErrorTest, ASlowRequestIsTheClientsFault) {
  const HttpResponse response = ErrorResponse(HttpError(408, "request_timeout", "the request did not arrive in time"));
  EXPECT_EQ(response.status, 408);
  EXPECT_THAT(*response.body, HasSubstr("\"type\":\"invalid_request_error\""));
  EXPECT_THAT(response.headers, IsEmpty());
}

TEST(HttpErrorTest, MakesTextOfAnyBytes) {
  EXPECT_THAT(Text(absl::InternalError("broken \xff \" byte")), HasSubstr("broken \xef\xbf\xbd \\\" byte"));
}

}  // namespace
}  // namespace unclip::gateway
