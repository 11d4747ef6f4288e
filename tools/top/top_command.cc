#include "tools/top/top_command.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/status_macros.h"
#include "common/net/host_port.h"
#include "tools/command_line.h"
#include "tools/interrupt_watcher.h"
#include "tools/top/cluster_history.h"
#include "tools/top/metrics_fetcher.h"
#include "tools/top/targets_file.h"
#include "tools/top/terminal_screen.h"
#include "tools/top/top_table.h"

namespace unclip::top {
namespace {

constexpr absl::Duration kWindow = absl::Seconds(10);
constexpr absl::Duration kTimeout = absl::Seconds(2);

struct TopOptions {
  std::string metrics;  // HOST:PORT,HOST:PORT,...
  std::string targets;  // a file
  bool once = false;
  double interval_seconds = 1;
};

absl::StatusOr<std::vector<std::string>> Addresses(const TopOptions& options) {
  std::vector<std::string> addresses = absl::StrSplit(options.metrics, ',', absl::SkipEmpty());
  if (!options.targets.empty()) {
    ASSIGN_OR_RETURN(const std::vector<std::string> more, ReadTargetsFile(options.targets));
    addresses.insert(addresses.end(), more.begin(), more.end());
  }
  if (addresses.empty()) return UsageError("whose metrics? Give --metrics or --targets (see unclip top --help)");
  for (const std::string& address : addresses) {
    if (const auto parsed = ParseHostPort("--metrics", address); !parsed.ok()) return UsageError(parsed.status().message());
  }
  return addresses;
}

// One look at all, as a page.
class Looker {
 public:
  explicit Looker(std::vector<std::string> addresses) : fetcher_(std::move(addresses), kTimeout), history_(kWindow) {}

  std::string Look() {
    const Answers answers = fetcher_.Fetch();
    answered_ = std::any_of(answers.begin(), answers.end(), [](const auto& answer) { return answer.second.ok(); });
    return RenderTables(history_.Add(answers, Clock::Real().Now(), absl::Now()));
  }

  bool answered() const { return answered_; }

 private:
  MetricsFetcher fetcher_;
  ClusterHistory history_;
  bool answered_ = false;
};

absl::Status PrintOnce(Looker& looker, absl::Duration interval, const absl::Notification& interrupted) {
  looker.Look();  // rates need two
  if (interrupted.WaitForNotificationWithTimeout(interval)) return absl::CancelledError("interrupted");
  std::cout << looker.Look() << std::flush;
  return looker.answered() ? absl::OkStatus() : absl::UnavailableError("nobody answered");
}

void ShowUntil(const absl::Notification& interrupted, Looker& looker, absl::Duration interval) {
  TerminalScreen screen(std::cout);
  do {
    const std::string page = absl::StrCat("unclip top  ", absl::FormatTime("%H:%M:%S", absl::Now(), absl::LocalTimeZone()),
                                          "  rates and means of the last ", absl::FormatDuration(kWindow), "  Ctrl-C ends\n\n");
    winsize size = {};
    const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0;
    screen.Show(page + looker.Look(), known ? size.ws_row : 24, known ? size.ws_col : 80);
  } while (!interrupted.WaitForNotificationWithTimeout(interval));
}

}  // namespace

absl::Status RunTop(const std::vector<std::string>& args) {
  TopOptions options;
  CommandLine command_line(
      "unclip top",
      "Shows what the processes of a cluster are doing, from their metrics: queues, batches, rates, replicas and\n"
      "seconds of each stage. Ctrl-C ends it. Where standard output is no terminal, it prints one table.");
  command_line.AddString("metrics", "HOST:PORT,...", "Metrics addresses of the processes, gateways and replicas alike.",
                         &options.metrics);
  command_line.AddString("targets", "FILE", "File that names them, as unclip up --metrics-targets writes it.", &options.targets);
  command_line.AddSwitch("once", "Print one table, and end.", &options.once);
  command_line.AddDouble("interval", {0.1, 3600}, "Seconds between two looks.", &options.interval_seconds);
  command_line.SetEpilogue(
      "Example:\n  unclip up --metrics-targets out/metrics-targets.json &\n"
      "  unclip top --targets out/metrics-targets.json");
  ASSIGN_OR_RETURN(const bool proceed, command_line.Parse(args));
  if (!proceed) return absl::OkStatus();

  ASSIGN_OR_RETURN(std::vector<std::string> addresses, Addresses(options));
  Looker looker(std::move(addresses));
  absl::Notification interrupted;
  const InterruptWatcher watcher([&interrupted] { interrupted.Notify(); });
  const absl::Duration interval = absl::Seconds(options.interval_seconds);
  if (options.once || isatty(STDOUT_FILENO) == 0) return PrintOnce(looker, interval, interrupted);
  ShowUntil(interrupted, looker, interval);
  return absl::OkStatus();
}

}  // namespace unclip::top
