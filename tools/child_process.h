// One child process with its output.
#ifndef UNCLIP_TOOLS_CHILD_PROCESS_H_
#define UNCLIP_TOOLS_CHILD_PROCESS_H_

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace unclip {

// Cuts what comes out of a pipe into lines. Owns the pipe's reading end.
class LineReader {
 public:
  using LineHandler = std::function<void(const std::string& line)>;

  explicit LineReader(int fd);  // non-blocking
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  // For poll(); -1 after the end.
  int fd() const { return fd_; }

  // Hands over every whole line that is there, without its line end; at the end of the pipe also what follows the last one. Lines
  // of more than 64 KiB come in pieces. Does not block.
  void Read(const LineHandler& on_line);

 private:
  void Close();

  int fd_;
  std::string rest_;  // begun, not ended yet
};

// A child in a process group of its own, so that a terminal's Ctrl-C does not reach it and everything it starts ends with it. It
// has no input, and no signal is blocked in it. Not thread-safe.
class ChildProcess {
 public:
  // Starts the program argv[0] (a path). NOT_FOUND or PERMISSION_DENIED, naming it, when it cannot be run.
  static absl::StatusOr<std::unique_ptr<ChildProcess>> Start(const std::vector<std::string>& argv);

  // Kills what still runs of the group, and waits for the child.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  LineReader& standard_output() { return standard_output_; }
  LineReader& standard_error() { return standard_error_; }

  // Sends `signal` to the child alone, or to its whole group. Without effect once it has been reaped.
  void Signal(int signal) const;
  void SignalGroup(int signal) const;

  // How the child ended, in words ("exit code 1", "signal 9 (Killed)"); nothing while it runs. Does not block.
  std::optional<std::string> Reap();

 private:
  ChildProcess(pid_t pid, int output_fd, int error_fd);

  const pid_t pid_;
  LineReader standard_output_;
  LineReader standard_error_;
  std::optional<std::string> end_;
};

}  // namespace unclip

#endif  // UNCLIP_TOOLS_CHILD_PROCESS_H_
