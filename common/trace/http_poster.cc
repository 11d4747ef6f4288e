#include "common/trace/http_poster.h"

#include <curl/curl.h>

#include <algorithm>
#include <atomic>
#include <cstddef>

#include "absl/strings/str_cat.h"

namespace unclip {
namespace {

constexpr size_t kMaxAnswer = 64 << 10;

size_t AppendAnswer(const char* data, size_t size, size_t count, void* answer) {
  auto& text = *static_cast<std::string*>(answer);
  text.append(data, std::min(size * count, kMaxAnswer - text.size()));
  return size * count;
}

class CurlPoster final : public HttpPoster {
 public:
  CurlPoster(const std::string& url, const std::vector<std::pair<std::string, std::string>>& headers) {
    // Once for the process, before other threads use libcurl.
    [[maybe_unused]] static const CURLcode initialized = curl_global_init(CURL_GLOBAL_DEFAULT);
    curl_ = curl_easy_init();
    // Expect: would cost a round trip.
    for (const char* header : {"Content-Type: application/json", "Expect:"}) AddHeader(header);
    for (const auto& [name, value] : headers) AddHeader(absl::StrCat(name, ": ", value));
    curl_easy_setopt(curl_, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, headers_);
    curl_easy_setopt(curl_, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl_, CURLOPT_NOSIGNAL, 1L);  // signals are the process's
    curl_easy_setopt(curl_, CURLOPT_ERRORBUFFER, error_);
    curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, AppendAnswer);
    curl_easy_setopt(curl_, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl_, CURLOPT_XFERINFOFUNCTION, IsAborted);
    curl_easy_setopt(curl_, CURLOPT_XFERINFODATA, this);
  }

  ~CurlPoster() override {
    curl_easy_cleanup(curl_);
    curl_slist_free_all(headers_);
  }

  HttpPostResult Post(const std::string& body, absl::Duration timeout) override {
    HttpPostResult result;
    error_[0] = '\0';
    const int64_t milliseconds = std::max<int64_t>(1, absl::ToInt64Milliseconds(timeout));
    curl_easy_setopt(curl_, CURLOPT_TIMEOUT_MS, static_cast<long>(milliseconds));  // NOLINT: libcurl's type
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDS, body.c_str());
    curl_easy_setopt(curl_, CURLOPT_WRITEDATA, &result.body);
    const CURLcode code = aborted_ ? CURLE_ABORTED_BY_CALLBACK : curl_easy_perform(curl_);
    if (code != CURLE_OK) {
      result.error = error_[0] == '\0' ? curl_easy_strerror(code) : error_;
      return result;
    }
    long status = 0;  // NOLINT: libcurl's type
    curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
    result.status = static_cast<int>(status);
    curl_off_t seconds = 0;
    if (curl_easy_getinfo(curl_, CURLINFO_RETRY_AFTER, &seconds) == CURLE_OK && seconds > 0) {
      result.retry_after = absl::Seconds(seconds);
    }
    return result;
  }

  void Abort() override { aborted_ = true; }

 private:
  static int IsAborted(void* poster, curl_off_t /*to_get*/, curl_off_t /*got*/, curl_off_t /*to_send*/, curl_off_t /*sent*/) {
    return static_cast<CurlPoster*>(poster)->aborted_ ? 1 : 0;
  }

  void AddHeader(const std::string& line) { headers_ = curl_slist_append(headers_, line.c_str()); }

  CURL* curl_ = nullptr;
  curl_slist* headers_ = nullptr;
  std::atomic<bool> aborted_ = false;
  char error_[CURL_ERROR_SIZE] = {};
};

}  // namespace

std::unique_ptr<HttpPoster> NewHttpPoster(const std::string& url,
                                          const std::vector<std::pair<std::string, std::string>>& headers) {
  return std::make_unique<CurlPoster>(url, headers);
}

}  // namespace unclip
