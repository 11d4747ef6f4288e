// A DNS server for tests, on the loopback.
#ifndef UNCLIP_COMMON_RPC_FAKE_DNS_SERVER_H_
#define UNCLIP_COMMON_RPC_FAKE_DNS_SERVER_H_

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"

namespace unclip {

// Says of every name that it has the addresses set last. For target "dns://" + address() + "/anything.test:port". Thread-safe.
class FakeDnsServer {
 public:
  // The test fails when there is no port to be had.
  FakeDnsServer();
  ~FakeDnsServer();

  // IPv4 addresses, such as "127.0.0.2".
  void SetAddresses(std::vector<std::string> addresses) ABSL_LOCKS_EXCLUDED(mutex_);

  // "127.0.0.1:port".
  const std::string& address() const { return address_; }

 private:
  void Serve();
  std::string Answer(absl::string_view query) const ABSL_LOCKS_EXCLUDED(mutex_);

  int socket_ = -1;
  std::string address_;
  std::atomic<bool> stopping_ = false;

  mutable absl::Mutex mutex_;
  std::vector<std::string> addresses_ ABSL_GUARDED_BY(mutex_);

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace unclip

#endif  // UNCLIP_COMMON_RPC_FAKE_DNS_SERVER_H_
