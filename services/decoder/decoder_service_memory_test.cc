// What the decoder service does about memory: a sample of its fake engine takes 1, 2 and 8 MiB in its three stages, and a
// request 1.
#include "services/decoder/decoder_service_fixture.h"

namespace unclip::decoder {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class DecoderServiceMemoryTest : public DecoderServiceTest {
 protected:
  explicit DecoderServiceMemoryTest(int64_t mebibytes = 12)
      : DecoderServiceTest({.memory_limit = [mebibytes] { return mebibytes << 20; }}) {}
};

TEST_F(DecoderServiceMemoryTest, TellsWhatItsMemoryAllows) {
  Load();
  EXPECT_EQ(Metric("memory_limit_bytes"), 12 << 20);
  EXPECT_EQ(Metric("row_bytes"), (1 + 2 + 8) << 20);
  EXPECT_EQ(Metric("max_batch_rows"), 3);  // one of each stage, as the engine says
  EXPECT_EQ(Metric("max_started"), 4);     // what the last stage's step leaves
  EXPECT_OK(Decode(GoodRequest()).status);
}

class SmallDecoderServiceTest : public DecoderServiceMemoryTest {
 protected:
  SmallDecoderServiceTest() : DecoderServiceMemoryTest(8) {}
};

TEST_F(SmallDecoderServiceTest, RefusesWhatWouldNotFitAlone) {
  Load();
  const Answer refused = Decode(GoodRequest());
  EXPECT_THAT(refused.status, StatusIs(absl::StatusCode::kResourceExhausted,
                                       AllOf(HasSubstr("a step of it takes 8.0 MiB"), HasSubstr("keeps 1.0 MiB"),
                                             HasSubstr("--memory_limit_mib leaves 8.0 MiB"))));
  EXPECT_FALSE(GetRetryAfter(refused.status).has_value());
  EXPECT_EQ(Metric("rejections_total"), 1);
}

}  // namespace
}  // namespace unclip::decoder
