#include "tools/supervised_process.h"

#include <signal.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace unclip {

SupervisedProcess::SupervisedProcess(ProcessSpec spec, const Clock& clock, LogSink log)
    : spec_(std::move(spec)), clock_(clock), log_(std::move(log)) {}

absl::Status SupervisedProcess::Start() {
  restart_at_.reset();
  const ProcessAddress& listen = address_.grpc.empty() ? spec_.listen : address_;
  std::vector<std::string> argv = spec_.argv;
  argv.push_back(absl::StrCat("--listen=", listen.grpc));
  argv.push_back(absl::StrCat("--metrics_listen=", listen.metrics));
  if (!listen.http.empty()) argv.push_back(absl::StrCat("--http_listen=", listen.http));
  started_at_ = clock_.Now();
  absl::StatusOr<std::unique_ptr<ChildProcess>> child = ChildProcess::Start(argv);
  if (!child.ok()) {
    end_ = std::string(child.status().message());
    ended_well_ = false;
    end_is_new_ = true;
    return child.status();
  }
  child_ = *std::move(child);
  state_ = State::kStarting;
  last_words_.clear();
  has_error_line_ = false;
  return absl::OkStatus();
}

void SupervisedProcess::Poll() {
  if (child_ == nullptr) return;
  // The end is looked for first: what it wrote before lies in the pipes then.
  const std::optional<std::string> end = child_->Reap();
  child_->standard_output().Read([this](const std::string& line) { HandleOutput(line); });
  child_->standard_error().Read([this](const std::string& line) { HandleLog(line); });
  if (!end.has_value()) return;
  ended_well_ = *end == "exit code 0";
  end_ = last_words_.empty() ? *end : absl::StrCat(*end, ": ", last_words_);
  end_is_new_ = true;
  state_ = State::kEnded;
  child_.reset();
}

std::vector<int> SupervisedProcess::fds() const {
  std::vector<int> fds;
  if (child_ == nullptr) return fds;
  for (const LineReader* reader : {&child_->standard_output(), &child_->standard_error()}) {
    if (reader->fd() >= 0) fds.push_back(reader->fd());
  }
  return fds;
}

bool SupervisedProcess::TakeEnd() { return std::exchange(end_is_new_, false); }

absl::Duration SupervisedProcess::PlanRestart() {
  const absl::Duration wait = backoff_.Next(clock_.Now() - started_at_);
  restart_at_ = clock_.Now() + wait;
  return wait;
}

void SupervisedProcess::Terminate() const {
  if (child_ != nullptr) child_->Signal(SIGTERM);
}

void SupervisedProcess::Kill() const {
  if (child_ != nullptr) child_->SignalGroup(SIGKILL);
}

void SupervisedProcess::HandleOutput(const std::string& line) {
  absl::string_view rest = line;
  if (!absl::ConsumePrefix(&rest, "listening ")) return;
  ProcessAddress address;
  for (absl::string_view word : absl::StrSplit(rest, ' ')) {
    if (absl::ConsumePrefix(&word, "grpc=")) {
      address.grpc = std::string(word);
    } else if (absl::ConsumePrefix(&word, "metrics=")) {
      address.metrics = std::string(word);
    } else if (absl::ConsumePrefix(&word, "http=")) {
      address.http = std::string(word);
    }
  }
  if (address.grpc.empty() || state_ != State::kStarting) return;
  address_ = address;
  state_ = State::kLoading;
}

void SupervisedProcess::HandleLog(const std::string& line) {
  log_(spec_.name, line);
  absl::string_view words = line;
  const bool is_error_line = absl::ConsumePrefix(&words, "error: ");
  if (words.empty() || (has_error_line_ && !is_error_line)) return;
  last_words_ = std::string(words);
  has_error_line_ = is_error_line;
}

}  // namespace unclip
