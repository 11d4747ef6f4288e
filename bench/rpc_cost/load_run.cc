#include "bench/rpc_cost/load_run.h"

#include <grpcpp/client_context.h>

#include <chrono>
#include <memory>
#include <random>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "base/clock.h"

namespace unclip::bench {
namespace {

// Each has a prompt of its own, so that the gateway has no embedding of it and calls clip; the empty negative prompt it keeps.
gateway::v1::GenerateImageRequest NextRequest() {
  static uint64_t number = 0;  // of all loads
  gateway::v1::GenerateImageRequest request;
  request.set_prompt(absl::StrCat("a large red heart above a small blue star on a white background, number ", ++number));
  request.set_seed(number);
  return request;
}

// Collects what comes of the requests of a load. Thread-safe.
class Recorder {
 public:
  explicit Recorder(const BenchCluster& cluster)
      : cluster_(cluster), cpu_before_(cluster.CpuTimes()), start_(Clock::Real().Now()) {}

  // A request that was sent at `sent`, and due at `due`, was answered just now.
  void Answered(absl::Duration due, absl::Duration sent, const grpc::Status& status,
                const gateway::v1::GenerateImageResponse& response) ABSL_LOCKS_EXCLUDED(mutex_) {
    const absl::Duration now = Clock::Real().Now();
    absl::MutexLock lock(&mutex_);
    ++answered_;
    if (status.ok() && response.images_size() == 1) {
      result_.latencies.push_back(now - due);
      result_.parts.push_back(PartsOf(response.images(0), now - sent));
      return;
    }
    if (result_.failed++ == 0) result_.first_failure = absl::StrCat("code ", status.error_code(), ": ", status.error_message());
  }

  // Waits for the answers to `sent` requests.
  LoadResult Finish(int sent, absl::Duration greatest_send_lag) ABSL_LOCKS_EXCLUDED(mutex_) {
    const auto all_answered = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return answered_ == sent; };
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(&all_answered));
    result_.sent = sent;
    result_.greatest_send_lag = greatest_send_lag;
    result_.wall = Clock::Real().Now() - start_;
    result_.cpu = cluster_.CpuTimes();
    for (size_t i = 0; i < result_.cpu.size(); ++i) result_.cpu[i].used -= cpu_before_[i].used;
    return std::move(result_);
  }

 private:
  const BenchCluster& cluster_;
  const std::vector<CpuTime> cpu_before_;
  const absl::Duration start_;

  absl::Mutex mutex_;
  int answered_ ABSL_GUARDED_BY(mutex_) = 0;
  LoadResult result_ ABSL_GUARDED_BY(mutex_);
};

// A request under way; its callback deletes it.
struct PendingCall {
  grpc::ClientContext context;
  gateway::v1::GenerateImageRequest request;
  gateway::v1::GenerateImageResponse response;
};

}  // namespace

LoadResult RunClosedLoad(int count, const BenchCluster& cluster, gateway::v1::ImageGenerationService::Stub& stub) {
  Recorder recorder(cluster);
  for (int i = 0; i < count; ++i) {
    const gateway::v1::GenerateImageRequest request = NextRequest();
    grpc::ClientContext context;
    gateway::v1::GenerateImageResponse response;
    const absl::Duration sent = Clock::Real().Now();
    const grpc::Status status = stub.GenerateImage(&context, request, &response);
    recorder.Answered(sent, sent, status, response);
  }
  return recorder.Finish(count, absl::ZeroDuration());
}

LoadResult RunOpenLoad(const OpenLoad& load, const BenchCluster& cluster, gateway::v1::ImageGenerationService::Stub& stub) {
  std::mt19937_64 random(load.seed);
  std::exponential_distribution<double> gap(load.rate);
  Recorder recorder(cluster);
  const absl::Duration start = Clock::Real().Now();
  absl::Duration greatest_lag;
  int sent_count = 0;
  for (absl::Duration due = start; due < start + load.duration; due += absl::Seconds(gap(random))) {
    absl::SleepFor(due - Clock::Real().Now());
    const absl::Duration sent = Clock::Real().Now();
    greatest_lag = std::max(greatest_lag, sent - due);
    auto* const call = new PendingCall;
    call->request = NextRequest();
    ++sent_count;
    call->context.set_deadline(std::chrono::system_clock::now() + absl::ToChronoNanoseconds(load.deadline));
    stub.async()->GenerateImage(&call->context, &call->request, &call->response,
                                [&recorder, call, due, sent](const grpc::Status& status) {
                                  const gateway::v1::GenerateImageResponse response = std::move(call->response);
                                  delete call;  // before the load may end: the channel must not go on this thread
                                  recorder.Answered(due, sent, status, response);
                                });
  }
  return recorder.Finish(sent_count, greatest_lag);
}

}  // namespace unclip::bench
