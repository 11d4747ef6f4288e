#include "model/diffusion/sampler.h"

#include <limits>
#include <memory>
#include <string>

#include "base/status_matchers.h"

namespace unclip::model {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::SizeIs;

constexpr SamplerKind kKinds[] = {SamplerKind::kAncestral, SamplerKind::kDdim, SamplerKind::kDpmSolver};

TEST(SamplerTest, TakesTheStepCountsThatTheMathsAllows) {
  const UnclipScheduler scheduler({});
  const struct {
    SamplerKind kind;
    int min;
    int max;
    std::string range;
  } cases[] = {{SamplerKind::kAncestral, 2, 1000, "2 to 1000"},
               {SamplerKind::kDdim, 1, 1000, "1 to 1000"},
               {SamplerKind::kDpmSolver, 1, 999, "1 to 999"}};
  for (const auto& [kind, min, max, range] : cases) {
    for (int step_count : {min, max}) {
      ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Sampler> sampler,
                           MakeSampler(scheduler, {.kind = kind, .step_count = step_count}));
      EXPECT_THAT(sampler->timesteps(), SizeIs(step_count));
      EXPECT_EQ(sampler->timesteps().front(), 999);
    }
    for (int step_count : {-1, 0, min - 1, max + 1}) {
      EXPECT_THAT(MakeSampler(scheduler, {.kind = kind, .step_count = step_count}),
                  StatusIs(absl::StatusCode::kInvalidArgument,
                           AllOf(HasSubstr("step count is " + std::to_string(step_count)), HasSubstr(range))));
    }
  }
}

TEST(SamplerTest, NeverAsksForATimestepTwice) {
  const UnclipScheduler scheduler({});
  for (SamplerKind kind : kKinds) {
    for (int step_count : {2, 7, 25, 334, 667, 998, 999}) {
      ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Sampler> sampler,
                           MakeSampler(scheduler, {.kind = kind, .step_count = step_count}));
      for (int i = 1; i < step_count; ++i) ASSERT_LT(sampler->timesteps()[i], sampler->timesteps()[i - 1]);
    }
  }
}

TEST(SamplerTest, TakesAnEtaFromZeroToOneForDdim) {
  const UnclipScheduler scheduler({});
  for (double eta : {0.0, 0.5, 1.0}) {
    ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Sampler> sampler,
                         MakeSampler(scheduler, {.kind = SamplerKind::kDdim, .step_count = 5, .eta = eta}));
    EXPECT_EQ(sampler->NeedsNoise(0), eta > 0);
  }
  for (double eta : {-0.01, 1.01, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    EXPECT_THAT(MakeSampler(scheduler, {.kind = SamplerKind::kDdim, .step_count = 5, .eta = eta}),
                StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr("eta is "), HasSubstr("0 to 1"))));
  }
  EXPECT_THAT(MakeSampler(scheduler, {.kind = SamplerKind::kDdim, .step_count = 5, .eta = 1.5}),
              StatusIs(absl::StatusCode::kInvalidArgument, "eta is 1.5; it must be 0 to 1"));
}

TEST(SamplerTest, RefusesAnEtaThatWouldNotBeUsed) {
  const UnclipScheduler scheduler({});
  for (SamplerKind kind : {SamplerKind::kAncestral, SamplerKind::kDpmSolver}) {
    EXPECT_THAT(MakeSampler(scheduler, {.kind = kind, .step_count = 5, .eta = 0.5}),
                StatusIs(absl::StatusCode::kInvalidArgument, "eta is 0.5; it must be 0 unless the sampler is DDIM"));
  }
}

}  // namespace
}  // namespace unclip::model
