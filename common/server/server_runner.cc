#include "common/server/server_runner.h"

#include <grpc/support/log.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>
#include <malloc.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "common/log/log.h"
#include "common/net/host_port.h"
#include "common/rpc/keepalive.h"

namespace unclip {
namespace {

// A call under way on a connection that is renewed is never cut, as none takes that long.
constexpr int kMaxConnectionAgeGraceMs = 60 * 60 * 1000;

// Time that a shutdown has at least for answers that were given to reach their callers.
constexpr absl::Duration kFlushTime = absl::Seconds(2);

void PrintLine(const std::string& line) {
  std::fprintf(stdout, "%s\n", line.c_str());
  std::fflush(stdout);
}

void LogFromGrpc(gpr_log_func_args* args) {
  const LogLevel level = args->severity == GPR_LOG_SEVERITY_ERROR ? LogLevel::kWarning : LogLevel::kDebug;
  Log(level, "grpc", {{"text", args->message}});
}

// By default glibc maps what is larger than 128 KiB, and gives what is free at the end of a heap back once that is as much: for
// each picture the same pages are taken from the system and cleared again.
void KeepFreedMemory() {
  mallopt(M_MMAP_THRESHOLD, 16 << 20);
  mallopt(M_TRIM_THRESHOLD, 64 << 20);
}

// What holds for the whole process: a peer that goes away while we write is no signal; accepting connections never stops for want
// of file descriptors that the system would give (gRPC 1.51 may not recover from that); gRPC's own messages are lines of our log.
void PrepareProcess(const ServerOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);
  rlimit files = {};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  gpr_set_log_function(LogFromGrpc);
  // Debian builds Abseil with it on, and gRPC takes dozens of locks a call.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  if (options.keep_freed_memory) KeepFreedMemory();
  if (options.exit_with_parent) prctl(PR_SET_PDEATHSIG, SIGTERM);
}

std::unique_ptr<grpc::Server> BuildServer(const std::string& address, const std::vector<grpc::Service*>& services,
                                          absl::Duration max_connection_age, int* port) {
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials(), port);
  for (grpc::Service* service : services) builder.RegisterService(service);
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.SetMaxSendMessageSize(kMaxMessageBytes);
  // A second process must not take half of our connections.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kServerMinPingIntervalMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  // Our own pings: the calls of a client that fell silent end, too.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kClientKeepaliveTimeMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kClientKeepaliveTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, static_cast<int>(absl::ToInt64Milliseconds(max_connection_age)));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, kMaxConnectionAgeGraceMs);
  return builder.BuildAndStart();
}

std::vector<std::string> AllHealthNames(const ServerOptions& options) {
  std::vector<std::string> names = {""};
  names.insert(names.end(), options.health_names.begin(), options.health_names.end());
  return names;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ServerRunner>> ServerRunner::Start(const ServerOptions& options, const MetricsRegistry& metrics,
                                                                  const std::vector<grpc::Service*>& services) {
  ASSIGN_OR_RETURN(HostPort address, ParseHostPort("listen", options.listen));
  PrepareProcess(options);
  std::unique_ptr<ServerRunner> runner(new ServerRunner(options));
  ASSIGN_OR_RETURN(runner->signals_, SignalWaiter::Install());
  ASSIGN_OR_RETURN(
      runner->metrics_server_,
      MetricsServer::Start(options.metrics_listen, metrics, {.process = metrics.service(), .requests = options.debug_requests}));

  std::vector<grpc::Service*> all = services;
  all.push_back(&runner->health_);
  int port = 0;
  runner->server_ = BuildServer(address.ToString(), all, options.max_connection_age, &port);
  if (runner->server_ == nullptr || port == 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", options.listen, ": the port is in use, or the address is not this machine's"));
  }
  address.port = port;
  runner->grpc_address_ = address.ToString();
  runner->signal_thread_ = std::thread([runner = runner.get()] { runner->WatchSignals(); });
  LogInfo("listening", {{"grpc", runner->grpc_address_}, {"metrics", runner->metrics_address()}});
  std::string line = absl::StrCat("listening grpc=", runner->grpc_address_, " metrics=", runner->metrics_address());
  if (options.listen_also) {
    ASSIGN_OR_RETURN(const std::string also, options.listen_also());
    if (!also.empty()) absl::StrAppend(&line, " ", also);
  }
  PrintLine(line);
  return runner;
}

ServerRunner::ServerRunner(const ServerOptions& options) : options_(options), health_(AllHealthNames(options)) {}

ServerRunner::~ServerRunner() {
  if (signal_thread_.joinable()) {
    signals_->Wake();
    signal_thread_.join();
  }
  if (server_ == nullptr) return;
  health_.EndWatches();
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
}

void ServerRunner::SetServing(bool serving) {
  absl::MutexLock lock(&mutex_);
  if (stopping_) return;
  for (const std::string& name : AllHealthNames(options_)) health_.SetServing(name, serving);
  if (!serving || has_served_) return;
  has_served_ = true;
  LogInfo("serving");
  PrintLine("serving");
}

absl::Status ServerRunner::Wait(const DrainHook& drain) {
  {
    absl::MutexLock lock(&mutex_);
    waiting_ = true;
    mutex_.Await(absl::Condition(&stopping_));
  }
  LogInfo("draining", {{"drain_delay", options_.drain_delay}, {"grace", options_.grace}});
  health_.Drain();
  absl::SleepFor(options_.drain_delay);
  const absl::Time deadline = absl::Now() + options_.grace;
  if (drain) drain(options_.grace);
  health_.EndWatches();
  server_->Shutdown(absl::ToChronoTime(std::max(deadline, absl::Now() + kFlushTime)));
  server_->Wait();
  LogInfo("stopped");
  return absl::OkStatus();
}

void ServerRunner::Stop() { signals_->Wake(); }

void ServerRunner::WatchSignals() {
  const int signal = signals_->Wait();
  if (signal != 0) LogInfo("signal", {{"number", signal}});
  absl::MutexLock lock(&mutex_);
  if (signal != 0 && !has_served_ && !waiting_) std::_Exit(0);
  stopping_ = true;
}

}  // namespace unclip
