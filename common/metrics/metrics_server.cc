#include "common/metrics/metrics_server.h"

#include <netdb.h>
#include <prometheus/exposer.h>
#include <sys/socket.h>
#include <unistd.h>

#include <exception>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "common/net/host_port.h"

namespace unclip {
namespace {

// Connects to `address` and hangs up; failure is as good.
void Knock(const std::string& address) {
  const absl::StatusOr<HostPort> parsed = ParseHostPort("metrics_listen", address);
  addrinfo* found = nullptr;
  if (!parsed.ok() || getaddrinfo(parsed->host.c_str(), absl::StrCat(parsed->port).c_str(), nullptr, &found) != 0) return;
  const int fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd >= 0) {
    (void)connect(fd, found->ai_addr, found->ai_addrlen);
    close(fd);
  }
  freeaddrinfo(found);
}

}  // namespace

absl::StatusOr<std::unique_ptr<MetricsServer>> MetricsServer::Start(const std::string& address, const MetricsRegistry& registry) {
  absl::StatusOr<HostPort> parsed = ParseHostPort("metrics_listen", address);
  if (!parsed.ok()) return parsed.status();
  std::unique_ptr<prometheus::Exposer> exposer;
  try {
    exposer = std::make_unique<prometheus::Exposer>(parsed->ToString());
  } catch (const std::exception& e) {
    return absl::UnavailableError(absl::StrCat("cannot listen on ", address, " for metrics (is the port in use?): ", e.what()));
  }
  exposer->RegisterCollectable(registry.prometheus_registry());
  const std::vector<int> ports = exposer->GetListeningPorts();
  if (!ports.empty()) parsed->port = ports.front();
  return std::unique_ptr<MetricsServer>(
      new MetricsServer(std::move(exposer), registry.prometheus_registry(), parsed->ToString()));
}

MetricsServer::MetricsServer(std::unique_ptr<prometheus::Exposer> exposer, std::shared_ptr<prometheus::Registry> registry,
                             std::string address)
    : registry_(std::move(registry)), address_(std::move(address)), exposer_(std::move(exposer)) {}

// civetweb, beneath the exposer, looks whether it should stop when someone connects, else every two seconds: knock until it is
// gone.
MetricsServer::~MetricsServer() {
  absl::Notification stopped;
  std::thread knocker([&] {
    do {
      Knock(address_);
    } while (!stopped.WaitForNotificationWithTimeout(absl::Milliseconds(5)));
  });
  exposer_.reset();
  stopped.Notify();
  knocker.join();
}

}  // namespace unclip
