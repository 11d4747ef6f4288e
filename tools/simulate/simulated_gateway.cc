#include "tools/simulate/simulated_gateway.h"

#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"

namespace unclip::simulate {

struct SimulatedGateway::Request {
  const RequestKind* kind = nullptr;
  absl::Duration deadline;
  Done done;
  RequestResult result;
  std::vector<PicturePtr> pictures;  // that wait or run
  absl::Duration embedded;           // how long that took
  bool embedding = false;
  bool over = false;
};

struct SimulatedGateway::Picture {
  RequestPtr request;
  absl::Duration stage_begin;
  std::function<void()> cancel;  // while a service works on it
  std::map<std::string, absl::Duration> times;
  bool runs = false;  // has a place

  bool failed() const { return request->result.code != absl::StatusCode::kOk; }
};

SimulatedGateway::SimulatedGateway(const Options& options)
    : options_(options),
      clip_(options.clip, options.scenario->gateway.connection_age, options.random),
      prior_(options.prior, options.scenario->gateway.connection_age, options.random),
      decoder_(options.decoder, options.scenario->gateway.connection_age, options.random) {}

void SimulatedGateway::Submit(const RequestKind& kind, absl::Duration deadline, Done done) {
  const auto request = std::make_shared<Request>();
  request->kind = &kind;
  request->deadline = deadline;
  request->done = std::move(done);
  if (requests_.value() >= options_.scenario->gateway.max_requests) {
    request->result.code = absl::StatusCode::kResourceExhausted;
    request->done(request->result);
    return;
  }
  requests_.Add(1, options_.events->now());
  if (deadline != absl::InfiniteDuration()) {
    options_.events->At(deadline, [this, request] { Fail(request, absl::StatusCode::kDeadlineExceeded); });
  }
  Embed(request);
}

void SimulatedGateway::Embed(const RequestPtr& request) {
  if (options_.random->Uniform() < options_.scenario->cached_prompts) {
    StartPictures(request);
    return;
  }
  const auto text = std::make_shared<Picture>();  // stands for the call alone
  text->request = request;
  request->embedding = true;
  const absl::Duration begin = options_.events->now();
  Call(clip_, {{.rows = 1, .steps = 1}}, text, [this, request, begin](const JobResult& result) {
    request->embedding = false;
    request->embedded = options_.events->now() - begin;
    if (!result.status.ok()) Fail(request, result.status.code());
    StartPictures(request);
  });
}

void SimulatedGateway::StartPictures(const RequestPtr& request) {
  for (int i = 0; i < request->kind->pictures && request->result.code == absl::StatusCode::kOk; ++i) {
    const auto picture = std::make_shared<Picture>();
    picture->request = request;
    picture->stage_begin = options_.events->now();
    picture->times["embed_text"] = request->embedded;
    request->pictures.push_back(picture);
    waiting_.push_back(picture);
  }
  TakePlaces();
  EndIfOver(request);
}

void SimulatedGateway::TakePlaces() {
  while (!waiting_.empty() && pictures_.value() < options_.scenario->gateway.max_pictures) {
    const PicturePtr picture = waiting_.front();
    waiting_.pop_front();
    if (picture->failed()) continue;  // its request has ended
    picture->runs = true;
    pictures_.Add(1, options_.events->now());
    picture->times["gateway queue"] = options_.events->now() - picture->stage_begin;
    RunBeside();
    Prior(picture);
  }
}

void SimulatedGateway::RunBeside() {
  const Scenario& scenario = *options_.scenario;
  const absl::Duration work = scenario.gateway.beside + (scenario.cores > 0 ? scenario.client : absl::ZeroDuration());
  if (work > absl::ZeroDuration()) options_.cores->Run(work, 1, [] {});
}

void SimulatedGateway::Call(RoundRobin& service, std::vector<StageWork> work, const PicturePtr& picture,
                            std::function<void(const JobResult&)> next) {
  options_.events->After(options_.scenario->gateway.call, [=, this, &service, work = std::move(work), next = std::move(next)] {
    const auto refuse = [&next](absl::Status status) { next({.status = std::move(status), .queued = {}, .stages = {}}); };
    if (picture->failed()) return refuse(absl::CancelledError());
    const std::shared_ptr<Pod> pod = service.Next(options_.events->now());
    if (pod == nullptr) return refuse(absl::UnavailableError("no replica serves"));
    StepReplica* const replica = pod->replica.get();
    const absl::StatusOr<uint64_t> job =
        replica->Submit(work, picture->request->deadline, [picture, next](const JobResult& result) {
          picture->cancel = nullptr;
          next(result);
        });
    if (!job.ok()) return refuse(job.status());
    picture->cancel = [pod, replica, number = *job] { replica->Cancel(number); };
  });
}

void SimulatedGateway::Prior(const PicturePtr& picture) {
  Call(prior_, {picture->request->kind->prior}, picture, [this, picture](const JobResult& result) {
    if (!result.status.ok()) {
      Fail(picture->request, result.status.code());
      return EndPicture(picture);
    }
    picture->times["prior queue"] = result.queued;
    picture->times["prior"] = result.stages.front();
    Decode(picture);
  });
}

void SimulatedGateway::Decode(const PicturePtr& picture) {
  Call(decoder_, picture->request->kind->decoder, picture, [this, picture](const JobResult& result) {
    if (!result.status.ok()) {
      Fail(picture->request, result.status.code());
      return EndPicture(picture);
    }
    picture->times["decoder queue"] = result.queued;
    const std::vector<StageProfile>& stages = options_.scenario->decoder.profile.stages;
    for (size_t i = 0; i < stages.size(); ++i) picture->times[stages[i].name] = result.stages[i];
    Encode(picture);
  });
}

void SimulatedGateway::Encode(const PicturePtr& picture) {
  const absl::Duration begin = options_.events->now();
  options_.cores->Run(options_.scenario->gateway.picture, 1, [this, picture, begin] {
    picture->times["gateway"] = options_.events->now() - begin;
    if (!picture->failed()) picture->request->result.pictures.push_back(picture->times);
    EndPicture(picture);
  });
}

void SimulatedGateway::EndPicture(const PicturePtr& picture) {
  pictures_.Add(-1, options_.events->now());
  std::erase(picture->request->pictures, picture);
  EndIfOver(picture->request);
  TakePlaces();
}

void SimulatedGateway::Fail(const RequestPtr& request, absl::StatusCode code) {
  if (request->over || request->result.code != absl::StatusCode::kOk) return;
  request->result.code = code;
  std::erase_if(request->pictures, [](const PicturePtr& picture) { return !picture->runs; });
  for (const PicturePtr& picture : std::vector<PicturePtr>(request->pictures)) {
    if (const std::function<void()> cancel = picture->cancel; cancel) cancel();
  }
  EndIfOver(request);
}

void SimulatedGateway::EndIfOver(const RequestPtr& request) {
  if (request->over || request->embedding || !request->pictures.empty()) return;
  request->over = true;
  requests_.Add(-1, options_.events->now());
  request->done(request->result);
}

}  // namespace unclip::simulate
