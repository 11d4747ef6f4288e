#include "common/batching/single_step.h"

#include <utility>

namespace unclip {
namespace {

class SingleStep final : public StepJob {
 public:
  explicit SingleStep(Job job) : job_(std::move(job)) {}

  StepNeed need() const override { return {.group = -1, .stage = job_.stage}; }
  absl::Status Start(const JobContext& context) override {
    context_ = &context;
    return absl::OkStatus();
  }
  absl::Status StepAlone() override { return job_.run(*context_); }
  absl::StatusOr<bool> AfterStep() override { return true; }
  void Done(const absl::Status& status) override { job_.done(status); }

 private:
  const Job job_;
  const JobContext* context_ = nullptr;
};

}  // namespace

std::shared_ptr<StepJob> MakeStepJob(Job job) { return std::make_shared<SingleStep>(std::move(job)); }

}  // namespace unclip
