#include "common/server/server_flags.h"

#include <utility>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/flags/usage_config.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/version.h"
#include "common/log/log.h"
#include "common/server/run_main.h"

ABSL_FLAG(std::string, listen, "127.0.0.1:0", "HOST:PORT to serve gRPC on; port 0 takes any free one, told on stdout");
ABSL_FLAG(std::string, metrics_listen, "127.0.0.1:0", "HOST:PORT to serve Prometheus metrics on, at /metrics; port 0 as above");
ABSL_FLAG(absl::Duration, grace, absl::Seconds(30), "time that requests have to finish on SIGTERM before they are cancelled");
ABSL_FLAG(absl::Duration, drain_delay, absl::Milliseconds(500),
          "time between health NOT_SERVING and refusing requests on SIGTERM, for clients to move away");
ABSL_FLAG(absl::Duration, max_connection_age, absl::Minutes(5),
          "time after which a connection is renewed, so that its client finds new replicas: how late they get work at most");
ABSL_FLAG(bool, exit_with_parent, false, "end as on SIGTERM when the parent process ends");
ABSL_FLAG(std::string, log_level, "info", "least level that is logged: debug, info, warning or error");
ABSL_FLAG(bool, log_prompts, false, "write prompts to the log");

namespace unclip {

absl::Status ParseServerCommandLine(int argc, char** argv, const std::string& service, const std::string& usage) {
  absl::SetProgramUsageMessage(usage);
  absl::FlagsUsageConfig config;
  const auto is_ours = [](absl::string_view file) {
    return absl::EndsWith(file, "_main.cc") || absl::EndsWith(file, "_flags.cc");
  };
  config.contains_helpshort_flags = is_ours;
  config.contains_help_flags = is_ours;
  config.version_string = [service] { return absl::StrCat(service, " ", kVersion, "\n"); };
  absl::SetFlagsUsageConfig(std::move(config));
  const std::vector<char*> rest = absl::ParseCommandLine(argc, argv);
  if (rest.size() > 1)
    return UsageError(absl::StrCat("unexpected argument \"", rest[1], "\"; ", service, " --help lists the flags"));
  const absl::Status log =
      InitLog({.service = service, .level = absl::GetFlag(FLAGS_log_level), .log_prompts = absl::GetFlag(FLAGS_log_prompts)});
  if (!log.ok()) return UsageError(log.message());
  return absl::OkStatus();
}

absl::StatusOr<ServerOptions> ServerOptionsFromFlags(std::vector<std::string> health_names) {
  ServerOptions options;
  options.listen = absl::GetFlag(FLAGS_listen);
  options.metrics_listen = absl::GetFlag(FLAGS_metrics_listen);
  options.grace = absl::GetFlag(FLAGS_grace);
  options.drain_delay = absl::GetFlag(FLAGS_drain_delay);
  options.max_connection_age = absl::GetFlag(FLAGS_max_connection_age);
  options.exit_with_parent = absl::GetFlag(FLAGS_exit_with_parent);
  options.health_names = std::move(health_names);
  for (const auto& [name, value] : {std::pair("--grace", options.grace), std::pair("--drain_delay", options.drain_delay)}) {
    if (value < absl::ZeroDuration() || value > absl::Hours(24)) {
      return UsageError(absl::StrCat(name, " is ", absl::FormatDuration(value), "; it must be 0s to 24h"));
    }
  }
  if (options.max_connection_age < absl::Seconds(1) || options.max_connection_age > absl::Hours(24)) {
    return UsageError(
        absl::StrCat("--max_connection_age is ", absl::FormatDuration(options.max_connection_age), "; it must be 1s to 24h"));
  }
  return options;
}

}  // namespace unclip
