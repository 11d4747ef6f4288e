// For tests: an HTTP server that takes what would go to an OpenTelemetry collector.
#ifndef UNCLIP_COMMON_TRACE_FAKE_COLLECTOR_H_
#define UNCLIP_COMMON_TRACE_FAKE_COLLECTOR_H_

#include <CivetServer.h>

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"

namespace unclip {

// Listens on a free port. Thread-safe.
class FakeCollector final : private CivetHandler {
 public:
  struct Request {
    std::string path;
    std::string content_type;
    std::string api_key;  // of the header of that name
    std::string body;
  };
  struct Answer {
    int status = 200;
    std::string headers = {};  // "Retry-After: 7\r\n"
    bool holds = false;        // it comes only when Release() is called
  };

  FakeCollector() { server_.addHandler("/", this); }
  ~FakeCollector() override { Release(); }

  std::string url() { return absl::StrCat("http://127.0.0.1:", server_.getListeningPorts().front(), "/v1/traces"); }

  // The next answers; then 200.
  void AnswerWith(std::deque<Answer> answers) {
    absl::MutexLock lock(&mutex_);
    answers_ = std::move(answers);
  }

  // Forgets everything, for the next test.
  FakeCollector& Reset() {
    absl::MutexLock lock(&mutex_);
    requests_.clear();
    answers_.clear();
    released_ = false;
    return *this;
  }

  // Lets go of answers that are held.
  void Release() {
    absl::MutexLock lock(&mutex_);
    released_ = true;
  }

  // All that came, once there are `count` or more.
  std::vector<Request> Wait(size_t count) {
    absl::MutexLock lock(&mutex_);
    const auto enough = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return requests_.size() >= count; };
    mutex_.Await(absl::Condition(&enough));
    return requests_;
  }

 private:
  bool handlePost(CivetServer* /*server*/, mg_connection* connection) override {
    const auto header = [connection](const char* name) {
      const char* value = mg_get_header(connection, name);
      return std::string(value == nullptr ? "" : value);
    };
    Request request = {.path = mg_get_request_info(connection)->local_uri,
                       .content_type = header("Content-Type"),
                       .api_key = header("api-key"),
                       .body = CivetServer::getPostData(connection)};
    Answer answer;
    {
      absl::MutexLock lock(&mutex_);
      requests_.push_back(std::move(request));
      if (!answers_.empty()) {
        answer = answers_.front();
        answers_.pop_front();
      }
      if (answer.holds) mutex_.Await(absl::Condition(&released_));
    }
    mg_printf(connection, "HTTP/1.1 %d Said\r\nContent-Type: application/json\r\nContent-Length: 2\r\n%s\r\n{}", answer.status,
              answer.headers.c_str());
    return true;
  }

  absl::Mutex mutex_;
  std::vector<Request> requests_ ABSL_GUARDED_BY(mutex_);
  std::deque<Answer> answers_ ABSL_GUARDED_BY(mutex_);
  bool released_ ABSL_GUARDED_BY(mutex_) = false;
  CivetServer server_{{"listening_ports", "127.0.0.1:0", "num_threads", "2"}};  // last: its threads use the rest
};

}  // namespace unclip

#endif  // UNCLIP_COMMON_TRACE_FAKE_COLLECTOR_H_
