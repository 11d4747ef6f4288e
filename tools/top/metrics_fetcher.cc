#include "tools/top/metrics_fetcher.h"

#include <curl/curl.h>

#include <cstddef>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace unclip::top {
namespace {

// A process with all its histograms says some tens of KiB.
constexpr size_t kMaxBytes = size_t{16} << 20;

size_t Append(char* data, size_t size, size_t count, void* body) {
  auto& text = *static_cast<std::string*>(body);
  if (text.size() + size * count > kMaxBytes) return 0;  // which ends the transfer
  text.append(data, size * count);
  return size * count;
}

}  // namespace

// One transfer of each address, used again and again so that libcurl keeps its connection.
struct MetricsFetcher::Transfers {
  struct Transfer {
    CURL* handle = nullptr;
    std::string body;
    CURLcode result = CURLE_AGAIN;  // until it has ended
  };

  Transfers() : multi(curl_multi_init()) {}
  ~Transfers() {
    for (const auto& transfer : all) curl_easy_cleanup(transfer->handle);
    curl_multi_cleanup(multi);
  }

  void Add(const std::string& address, absl::Duration timeout) {
    auto transfer = std::make_unique<Transfer>();
    CURL* const handle = transfer->handle = curl_easy_init();
    curl_easy_setopt(handle, CURLOPT_URL, absl::StrCat("http://", address, "/metrics").c_str());
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http");
    curl_easy_setopt(handle, CURLOPT_PROXY, "");
    curl_easy_setopt(handle, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS,
                     static_cast<long>(absl::ToInt64Milliseconds(timeout)));  // NOLINT(google-runtime-int)
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, Append);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &transfer->body);
    curl_easy_setopt(handle, CURLOPT_PRIVATE, transfer.get());
    all.push_back(std::move(transfer));
  }

  // Takes in who has ended.
  void Collect() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      char* transfer = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
      reinterpret_cast<Transfer*>(transfer)->result = message->data.result;
    }
  }

  CURLM* const multi;
  std::vector<std::unique_ptr<Transfer>> all;
};

MetricsFetcher::MetricsFetcher(std::vector<std::string> addresses, absl::Duration timeout)
    : addresses_(std::move(addresses)), timeout_(timeout), transfers_(std::make_unique<Transfers>()) {
  for (const std::string& address : addresses_) transfers_->Add(address, timeout_);
}

MetricsFetcher::~MetricsFetcher() = default;

Answers MetricsFetcher::Fetch() {
  CURLM* const multi = transfers_->multi;
  for (const auto& transfer : transfers_->all) {
    transfer->body.clear();
    transfer->result = CURLE_AGAIN;
    curl_multi_add_handle(multi, transfer->handle);
  }
  int running = 1;
  while (running > 0 && curl_multi_perform(multi, &running) == CURLM_OK) {
    if (running > 0) curl_multi_poll(multi, nullptr, 0, static_cast<int>(absl::ToInt64Milliseconds(timeout_)), nullptr);
  }
  transfers_->Collect();
  Answers answers;
  for (size_t i = 0; i < addresses_.size(); ++i) {
    Transfers::Transfer& transfer = *transfers_->all[i];
    curl_multi_remove_handle(multi, transfer.handle);
    if (transfer.result == CURLE_OK) {
      answers.emplace_back(addresses_[i], std::move(transfer.body));
    } else {
      answers.emplace_back(addresses_[i],
                           absl::UnavailableError(absl::StrCat("no metrics: ", curl_easy_strerror(transfer.result))));
    }
  }
  return answers;
}

}  // namespace unclip::top
