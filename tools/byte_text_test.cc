#include "tools/byte_text.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace unclip {
namespace {

TEST(ByteTextTest, ShowsThreeDigits) {
  EXPECT_EQ(ByteText(0), "0 B");
  EXPECT_EQ(ByteText(999), "999 B");
  EXPECT_EQ(ByteText(1000), "1.00 kB");
  EXPECT_EQ(ByteText(9'994), "9.99 kB");
  EXPECT_EQ(ByteText(9'996), "10.0 kB");
  EXPECT_EQ(ByteText(99'960), "100 kB");
  EXPECT_EQ(ByteText(999'499), "999 kB");
  EXPECT_EQ(ByteText(999'500), "1.00 MB");
  EXPECT_EQ(ByteText(2'044'060'160), "2.04 GB");
  EXPECT_EQ(ByteText(std::numeric_limits<uint64_t>::max()), "18.4 EB");
}

}  // namespace
}  // namespace unclip
