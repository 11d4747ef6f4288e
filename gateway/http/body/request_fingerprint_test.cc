#include "gateway/http/body/request_fingerprint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace unclip::gateway {
namespace {

std::string FingerprintOf(const std::vector<std::string>& pieces) {
  RequestFingerprint fingerprint;
  for (const std::string& piece : pieces) fingerprint.Add(piece);
  return fingerprint.Take();
}

TEST(RequestFingerprintTest, IsTheSameForTheSame) {
  EXPECT_EQ(FingerprintOf({"a", "b"}), FingerprintOf({"a", "b"}));
  EXPECT_EQ(FingerprintOf({}).size(), 32u);
}

TEST(RequestFingerprintTest, TellsPiecesApartByTheirBounds) {
  EXPECT_NE(FingerprintOf({"a", "bc"}), FingerprintOf({"ab", "c"}));
  EXPECT_NE(FingerprintOf({"abc"}), FingerprintOf({"abc", ""}));
  EXPECT_NE(FingerprintOf({"a", "b"}), FingerprintOf({"b", "a"}));
}

TEST(RequestFingerprintTest, IsTakenOnce) {
  RequestFingerprint fingerprint;
  EXPECT_NE(fingerprint.Take(), "");
  EXPECT_EQ(fingerprint.Take(), "");
}

}  // namespace
}  // namespace unclip::gateway
