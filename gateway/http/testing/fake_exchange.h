// An exchange without a network: keeps what it was answered.
#ifndef UNCLIP_GATEWAY_HTTP_TESTING_FAKE_EXCHANGE_H_
#define UNCLIP_GATEWAY_HTTP_TESTING_FAKE_EXCHANGE_H_

#include <functional>
#include <string>
#include <utility>

#include "gateway/http/http_exchange.h"
#include "gateway/http/http_message.h"

namespace unclip::gateway {

// One thread at a time. A stream takes a piece only when the test says so.
class FakeExchange final : public HttpExchange {
 public:
  explicit FakeExchange(HttpRequest request) : request_(std::move(request)) {}

  HttpRequest& request() override { return request_; }
  void Respond(HttpResponse response) override {
    response_ = std::move(response);
    ++answer_count_;
  }
  void StartStream(HttpResponse head, std::function<void()> on_ready) override {
    response_ = std::move(head);
    on_ready_ = std::move(on_ready);
    ++answer_count_;
  }
  void Write(std::string piece) override { written_ += piece; }
  void EndStream() override { has_ended_ = true; }
  void OnLeave(std::function<void()> on_leave) override { on_leave_ = std::move(on_leave); }

  // What the client does.
  void TakePiece() {
    if (on_ready_) on_ready_();
  }
  void Leave() {
    if (on_leave_) on_leave_();
  }

  int answer_count() const { return answer_count_; }
  const HttpResponse& response() const { return response_; }
  std::string body() const { return response_.body == nullptr ? "" : *response_.body; }
  std::string header(const std::string& name) const {
    for (const HttpHeader& header : response_.headers) {
      if (header.name == name) return header.value;
    }
    return "";
  }
  // Of a stream, so far.
  const std::string& written() const { return written_; }
  bool has_ended() const { return has_ended_; }

 private:
  HttpRequest request_;
  HttpResponse response_;
  int answer_count_ = 0;
  std::string written_;
  bool has_ended_ = false;
  std::function<void()> on_ready_;
  std::function<void()> on_leave_;
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_TESTING_FAKE_EXCHANGE_H_
