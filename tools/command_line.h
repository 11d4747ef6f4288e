// Flags and positional arguments of one subcommand of `unclip`.
//
// A command binds variables, whose values before Parse() are the defaults, and reads them afterwards:
//
//   absl::Status RunPaint(const std::vector<std::string>& args) {   // what follows `unclip paint`
//     std::string wall;
//     int coats = 2;
//     CommandLine command_line("unclip paint", "Paints a wall.");
//     command_line.AddPositional("WALL", "Which wall.", &wall);
//     command_line.AddInt("coats", {1, 9}, "How many coats.", &coats);
//     ASSIGN_OR_RETURN(const bool proceed, command_line.Parse(args));
//     if (!proceed) return absl::OkStatus();  // --help was asked for, and printed
//     ...
//   }
//
// Accepted: `--name=value`, `--name value`, `--switch`, `--switch=false`; dashes and underscores in names are alike; the last of
// a repeated flag counts; `--` ends the flags; `-` alone is a positional argument. `--help` (or `-h`) is part of every command.
#ifndef UNCLIP_TOOLS_COMMAND_LINE_H_
#define UNCLIP_TOOLS_COMMAND_LINE_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/server/run_main.h"  // UsageError, which every command may return

namespace unclip {

// The values a whole-number flag may take, both ends included.
struct IntLimits {
  int64_t minimum = 0;
  int64_t maximum = 0;
};

// The finite values a real flag may take, both ends included.
struct DoubleLimits {
  double minimum = 0;
  double maximum = 0;
};

// Prints `error: MESSAGE` as one line on stderr unless `status` is OK or CANCELLED. Returns the exit code: 0 for OK, 2 for a
// UsageError (common/server/run_main.h), 130 for CANCELLED (Ctrl-C), 1 for everything else. For the end of main().
int FinishCommand(const absl::Status& status);

// The parser of one command. Every bound variable must outlive Parse(). Not thread-safe.
class CommandLine {
 public:
  // `command` as typed ("unclip generate"); `description` is free text for --help, wrapped by its author.
  CommandLine(absl::string_view command, absl::string_view description);

  // Flags. `name` without dashes, words joined by '-'; `value_name` stands for the value in the help ("DIR"). An absent flag
  // leaves the variable alone; a std::optional without value has no default in the help.
  void AddString(absl::string_view name, absl::string_view value_name, absl::string_view help, std::string* value);
  void AddString(absl::string_view name, absl::string_view value_name, absl::string_view help, std::optional<std::string>* value);
  void AddChoice(absl::string_view name, std::vector<std::string> choices, absl::string_view help, std::string* value);
  void AddSwitch(absl::string_view name, absl::string_view help, bool* value);
  void AddInt(absl::string_view name, IntLimits limits, absl::string_view help, int* value);
  void AddInt(absl::string_view name, IntLimits limits, absl::string_view help, std::optional<int>* value);
  void AddUint64(absl::string_view name, absl::string_view help, std::optional<uint64_t>* value);
  void AddDouble(absl::string_view name, DoubleLimits limits, absl::string_view help, double* value);
  void AddDouble(absl::string_view name, DoubleLimits limits, absl::string_view help, std::optional<double>* value);
  // Whole numbers separated by commas; at least one.
  void AddIntList(absl::string_view name, IntLimits limits, absl::string_view help, std::vector<int>* values);

  // Makes the flag `name`, which was added before, compulsory.
  void Require(absl::string_view name);

  // A positional argument, in the order added; compulsory ones come first.
  void AddPositional(absl::string_view value_name, absl::string_view help, std::string* value);
  void AddOptionalPositional(absl::string_view value_name, absl::string_view help, std::string* value);

  // Text printed by --help after the flags, such as examples.
  void SetEpilogue(absl::string_view text);

  // Reads the arguments that follow the command's name. Returns true when the command shall run; false when --help was asked for,
  // which is then on stdout. A UsageError names the flag, the value and what is allowed.
  absl::StatusOr<bool> Parse(absl::Span<const std::string> args);

  // What --help prints.
  std::string Help() const;

 private:
  struct Flag {
    std::string name;
    std::string value_name;  // empty: a switch
    std::string help;
    std::string default_text;  // empty: none
    bool required = false;
    bool given = false;
    // Reads the value's text; the error says what is allowed, without the flag's name.
    std::function<absl::Status(absl::string_view)> set;
  };
  struct Positional {
    std::string value_name;
    std::string help;
    bool required = false;
    std::string* value = nullptr;
  };

  void AddFlag(absl::string_view name, absl::string_view value_name, absl::string_view help, std::string default_text,
               std::function<absl::Status(absl::string_view)> set);
  Flag* Find(absl::string_view name);
  // Reads the flag at args[index] and moves `index` past its value when that is an argument of its own.
  absl::Status ParseFlag(absl::Span<const std::string> args, size_t& index);
  absl::Status CheckComplete(size_t positional_count) const;
  absl::Status UnknownFlag(absl::string_view name) const;

  const std::string command_;
  const std::string description_;
  std::string epilogue_;
  std::vector<Flag> flags_;
  std::vector<Positional> positionals_;
};

}  // namespace unclip

#endif  // UNCLIP_TOOLS_COMMAND_LINE_H_
