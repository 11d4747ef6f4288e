#include "tools/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace unclip {
namespace {

constexpr size_t kLongestLine = size_t{64} * 1024;

struct Pipe {
  int read_end = -1;
  int write_end = -1;
};

absl::StatusOr<Pipe> MakePipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "cannot make a pipe");
  // Only our end: the child must be able to block on a full pipe.
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return Pipe{ends[0], ends[1]};
}

std::string DescribeEnd(int wait_status) {
  if (WIFSIGNALED(wait_status)) {
    return absl::StrCat("signal ", WTERMSIG(wait_status), " (", strsignal(WTERMSIG(wait_status)), ")");
  }
  return absl::StrCat("exit code ", WEXITSTATUS(wait_status));
}

// Starts argv with the two writing ends as its output; returns posix_spawn's error number.
int Spawn(const std::vector<std::string>& argv, int output_fd, int error_fd, pid_t* pid) {
  std::vector<char*> arguments;
  arguments.reserve(argv.size() + 1);
  for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output_fd, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, error_fd, STDERR_FILENO);

  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  sigset_t reset;
  sigemptyset(&reset);
  for (int signal : {SIGINT, SIGTERM, SIGPIPE, SIGCHLD}) sigaddset(&reset, signal);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &reset);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

  const int error = posix_spawn(pid, argv[0].c_str(), &actions, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

}  // namespace

LineReader::LineReader(int fd) : fd_(fd) {}

LineReader::~LineReader() { Close(); }

void LineReader::Close() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

void LineReader::Read(const LineHandler& on_line) {
  char buffer[16 * 1024];
  while (fd_ >= 0) {
    const ssize_t count = read(fd_, buffer, sizeof(buffer));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) {
      Close();
      if (!rest_.empty()) on_line(rest_);
      rest_.clear();
      return;
    }
    rest_.append(buffer, static_cast<size_t>(count));
    size_t start = 0;
    for (size_t end; (end = rest_.find('\n', start)) != std::string::npos; start = end + 1) {
      on_line(rest_.substr(start, end - start));
    }
    rest_.erase(0, start);
    if (rest_.size() > kLongestLine) {
      on_line(rest_);
      rest_.clear();
    }
  }
}

absl::StatusOr<std::unique_ptr<ChildProcess>> ChildProcess::Start(const std::vector<std::string>& argv) {
  absl::StatusOr<Pipe> output = MakePipe();
  if (!output.ok()) return output.status();
  absl::StatusOr<Pipe> error = MakePipe();
  if (!error.ok()) {
    close(output->read_end);
    close(output->write_end);
    return error.status();
  }
  pid_t pid = 0;
  const int spawn_error = Spawn(argv, output->write_end, error->write_end, &pid);
  close(output->write_end);
  close(error->write_end);
  if (spawn_error != 0) {
    close(output->read_end);
    close(error->read_end);
    return absl::ErrnoToStatus(spawn_error, absl::StrCat("cannot start ", argv[0]));
  }
  return std::unique_ptr<ChildProcess>(new ChildProcess(pid, output->read_end, error->read_end));
}

ChildProcess::ChildProcess(pid_t pid, int output_fd, int error_fd)
    : pid_(pid), standard_output_(output_fd), standard_error_(error_fd) {}

ChildProcess::~ChildProcess() {
  // While it has not been waited for, its number cannot be another's.
  if (end_.has_value()) return;
  SignalGroup(SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void ChildProcess::Signal(int signal) const {
  if (!end_.has_value()) kill(pid_, signal);
}

void ChildProcess::SignalGroup(int signal) const {
  if (!end_.has_value()) kill(-pid_, signal);
}

std::optional<std::string> ChildProcess::Reap() {
  if (end_.has_value()) return end_;
  // First look, then end the group, then reap: after that its number may belong to others.
  siginfo_t info = {};
  if (waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return std::nullopt;
  kill(-pid_, SIGKILL);
  int wait_status = 0;
  if (waitpid(pid_, &wait_status, WNOHANG) != pid_) return std::nullopt;
  end_ = DescribeEnd(wait_status);
  return end_;
}

}  // namespace unclip
