#include "common/metrics/metrics_server.h"

#include <CivetServer.h>
#include <civetweb.h>
#include <netdb.h>
#include <prometheus/exposer.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstddef>
#include <exception>
#include <optional>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "common/net/host_port.h"

namespace unclip {
namespace {

// That serve, as the exposer has it.
constexpr size_t kThreads = 2;

// For civetweb: the request was answered.
constexpr int kServed = 200;

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

// The exposer lets nobody add pages, but hands callbacks to civetweb, which gives them nothing of ours: so here is whose pages a
// server's are. Filled in while the server starts, on the thread that starts it.
thread_local const DebugSources* starting = nullptr;
absl::Mutex contexts_mutex(absl::kConstInit);
absl::flat_hash_map<const mg_context*, const DebugSources*>& Contexts() ABSL_EXCLUSIVE_LOCKS_REQUIRED(contexts_mutex) {
  static auto* const contexts = new absl::flat_hash_map<const mg_context*, const DebugSources*>;
  return *contexts;
}

void BeginContext(const mg_context* context) {
  absl::MutexLock lock(&contexts_mutex);
  Contexts()[context] = starting;
}

void EndContext(const mg_context* context) {
  absl::MutexLock lock(&contexts_mutex);
  Contexts().erase(context);
}

const DebugSources* SourcesOf(const mg_connection* connection) {
  absl::MutexLock lock(&contexts_mutex);
  const auto found = Contexts().find(mg_get_context(connection));
  return found == Contexts().end() ? nullptr : found->second;
}

// 0: civetweb looks for another page.
int ServeDebugPage(mg_connection* connection) {
  const mg_request_info& request = *mg_get_request_info(connection);
  const auto text = [](const char* value) { return absl::string_view(value == nullptr ? "" : value); };
  const absl::string_view method = text(request.request_method);
  if (!absl::StartsWith(text(request.local_uri), "/debug") || (method != "GET" && method != "HEAD")) return 0;
  const DebugSources* const sources = SourcesOf(connection);
  if (sources == nullptr) return 0;
  const std::optional<DebugPage> page =
      RenderDebugPage(*sources, text(request.local_uri), text(request.query_string), text(mg_get_header(connection, "Accept")));
  if (!page.has_value()) return 0;
  mg_printf(connection,
            "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %zu\r\nCache-Control: no-store\r\n"
            "X-Content-Type-Options: nosniff\r\nContent-Security-Policy: default-src 'none'\r\n\r\n",
            page->content_type.c_str(), page->body.size());
  if (method == "GET") mg_write(connection, page->body.data(), page->body.size());
  return kServed;
}

}  // namespace

absl::StatusOr<std::unique_ptr<MetricsServer>> MetricsServer::Start(const std::string& address, const MetricsRegistry& registry,
                                                                    DebugSources debug) {
  absl::StatusOr<HostPort> parsed = ParseHostPort("metrics_listen", address);
  if (!parsed.ok()) return parsed.status();
  std::unique_ptr<MetricsServer> server(new MetricsServer(registry.prometheus_registry(), std::move(debug)));
  CivetCallbacks callbacks;
  callbacks.init_context = BeginContext;
  callbacks.exit_context = EndContext;
  callbacks.begin_request = ServeDebugPage;
  try {
    starting = &server->debug_;
    server->exposer_ = std::make_unique<prometheus::Exposer>(parsed->ToString(), kThreads, &callbacks);
  } catch (const std::exception& e) {
    return absl::UnavailableError(absl::StrCat("cannot listen on ", address, " for metrics (is the port in use?): ", e.what()));
  }
  server->exposer_->RegisterCollectable(registry.prometheus_registry());
  const std::vector<int> ports = server->exposer_->GetListeningPorts();
  if (!ports.empty()) parsed->port = ports.front();
  server->address_ = parsed->ToString();
  return server;
}

MetricsServer::MetricsServer(std::shared_ptr<prometheus::Registry> registry, DebugSources debug)
    : registry_(std::move(registry)), debug_(std::move(debug)) {}

// civetweb, beneath the exposer, looks whether it should stop when someone connects, else every two seconds: knock until it is
// gone.
MetricsServer::~MetricsServer() {
  if (exposer_ == nullptr) return;
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
