#include "gateway/http/store/random_id.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/status_matchers.h"

namespace unclip::gateway {
namespace {

TEST(RandomIdTest, IsNeverTheSame) {
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_OK_AND_ASSIGN(const std::string id, NewRandomId());
    EXPECT_TRUE(IsRandomId(id)) << id;
    ids.insert(id);
  }
  EXPECT_EQ(ids.size(), 1000u);
}

TEST(RandomIdTest, KnowsOneBySight) {
  const std::string id(kRandomIdLength, 'a');
  EXPECT_TRUE(IsRandomId(id));
  EXPECT_FALSE(IsRandomId(""));
  EXPECT_FALSE(IsRandomId(id.substr(1)));
  EXPECT_FALSE(IsRandomId(absl::StrCat(id, "a")));
  for (const char c : {'/', '.', '\0', '+', '=', '%', ' ', '\n', '\xC3'}) {
    EXPECT_FALSE(IsRandomId(absl::StrCat(id.substr(1), std::string(1, c)))) << c;
  }
}

}  // namespace
}  // namespace unclip::gateway
