// The commands of `unclip` that need LibTorch, in a binary of their own, so that the others start at once. `unclip` calls it.
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "tools/command_line.h"
#include "tools/inspect_command.h"
#include "tools/random_checkpoint_command.h"
#include "tools/replay_command.h"
#include "tools/train_command.h"

namespace unclip {
namespace {

absl::Status Run(const std::vector<std::string>& arguments) {
  if (arguments.empty()) return UsageError("no command; call `unclip`, which knows what this binary can do");
  const std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
  if (arguments[0] == "inspect") return RunInspect(rest);
  if (arguments[0] == "random-checkpoint") return RunRandomCheckpoint(rest);
  if (arguments[0] == "replay") return RunReplay(rest);
  if (arguments[0] == "train") return RunTrain(rest);
  return UsageError(absl::StrCat("no command \"", arguments[0], "\" here; `unclip help` lists all"));
}

}  // namespace
}  // namespace unclip

int main(int argc, char** argv) {
  return unclip::FinishCommand(unclip::Run(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc)));
}
