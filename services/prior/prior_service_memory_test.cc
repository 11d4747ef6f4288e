// What the prior service does about memory: its fake engine's rows and requests take a MiB each.
#include "services/prior/prior_service_fixture.h"

namespace unclip::prior {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class PriorServiceMemoryTest : public PriorServiceTest {
 protected:
  PriorServiceMemoryTest() : PriorServiceTest({.memory_limit = [] { return int64_t{6} << 20; }}) {}

  double Metric(const char* what) const { return MetricValue(metrics_.registry, what); }
};

TEST_F(PriorServiceMemoryTest, TellsWhatItsMemoryAllows) {
  Load();
  EXPECT_EQ(Metric("memory_limit_bytes"), 6 << 20);
  EXPECT_EQ(Metric("row_bytes"), 1 << 20);
  EXPECT_EQ(Metric("run_bytes"), 1 << 20);
  EXPECT_EQ(Metric("max_batch_rows"), 3);  // half of the limit; the engine would take four
  EXPECT_EQ(Metric("max_started"), 3);
}

TEST_F(PriorServiceMemoryTest, RefusesWhatWouldNotFitAlone) {
  Load();
  v1::SamplePriorRequest request = GoodRequest();
  request.set_candidate_count(2);  // with guidance, four rows
  EXPECT_OK(Sample(request).status);
  request.set_candidate_count(3);
  const Answer refused = Sample(request);
  EXPECT_THAT(refused.status, StatusIs(absl::StatusCode::kResourceExhausted,
                                       AllOf(HasSubstr("a step of it takes 6.0 MiB"), HasSubstr("keeps 1.0 MiB"),
                                             HasSubstr("--memory_limit_mib leaves 6.0 MiB"))));
  EXPECT_FALSE(GetRetryAfter(refused.status).has_value());
  EXPECT_EQ(Metric("rejections_total"), 1);
}

}  // namespace
}  // namespace unclip::prior
