// POST /v1/jobs, and GET, DELETE and events of one job: for work that takes longer than a connection should have to last.
#ifndef UNCLIP_GATEWAY_HTTP_JOBS_HANDLER_H_
#define UNCLIP_GATEWAY_HTTP_JOBS_HANDLER_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "gateway/generation_dispatcher.h"
#include "gateway/http/http_call.h"
#include "gateway/http/jobs/job_runner.h"
#include "gateway/http/jobs/job_table.h"
#include "gateway/http/store/image_store.h"

namespace unclip::gateway {

// The pointers must outlive the handler.
struct JobsHandlerOptions {
  const GenerationDispatcher* dispatcher = nullptr;
  ImageStore* store = nullptr;
  JobTable* table = nullptr;
  JobRunner* runner = nullptr;
};

// Thread-safe.
class JobsHandler {
 public:
  explicit JobsHandler(const JobsHandlerOptions& options) : options_(options) {}

  // Each answers `call`.
  void Create(const std::shared_ptr<HttpCall>& call) const;
  void Get(const std::string& id, HttpCall& call) const;
  void CancelOrForget(const std::string& id, HttpCall& call) const;
  void Watch(const std::string& id, const std::shared_ptr<HttpCall>& call) const;

 private:
  absl::Status Start(const std::shared_ptr<HttpCall>& call) const;

  const JobsHandlerOptions options_;
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_JOBS_HANDLER_H_
