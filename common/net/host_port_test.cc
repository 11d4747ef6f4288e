#include "common/net/host_port.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status_matchers.h"

namespace unclip {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(HostPortTest, ReadsNamesAndAddresses) {
  for (const char* text : {"127.0.0.1:0", "localhost:65535", "[::1]:50051", "prior-0.prior.svc:9"}) {
    ASSERT_OK_AND_ASSIGN(const HostPort address, ParseHostPort("listen", text));
    EXPECT_EQ(address.ToString(), text);
  }
  ASSERT_OK_AND_ASSIGN(const HostPort address, ParseHostPort("listen", "[::1]:50051"));
  EXPECT_EQ(address.host, "::1");
  EXPECT_EQ(address.port, 50051);
}

TEST(HostPortTest, RefusesEverythingElse) {
  for (const char* text :
       {"",       ":",     ":80",   "host",    "host:",    "host:x",   "host:-1",  "host:+1",   "host:65536", "host:99999999999",
        "::1:80", "[]:80", "[::1]", "[::1:80", "ho st:80", "host: 80", "host:80 ", "host:80\n", "a,b:80",     "http://host:80"}) {
    EXPECT_THAT(ParseHostPort("listen", text),
                StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr("listen is \""), HasSubstr("HOST:PORT"))))
        << text;
  }
}

}  // namespace
}  // namespace unclip
