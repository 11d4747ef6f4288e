#include "tools/command_line.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"

namespace unclip {
namespace {

constexpr int kExitInterrupted = 130;  // as a shell reports a process that SIGINT ended

std::string Canonical(absl::string_view name) { return absl::StrReplaceAll(name, {{"_", "-"}}); }

absl::Status ReadInt(absl::string_view text, IntLimits limits, int* value) {
  int64_t number = 0;
  if (!absl::SimpleAtoi(text, &number) || number < limits.minimum || number > limits.maximum) {
    return absl::InvalidArgumentError(absl::StrCat("a whole number from ", limits.minimum, " to ", limits.maximum));
  }
  *value = static_cast<int>(number);
  return absl::OkStatus();
}

absl::Status ReadDouble(absl::string_view text, DoubleLimits limits, double* value) {
  double number = 0;
  if (!absl::SimpleAtod(text, &number) || !std::isfinite(number) || number < limits.minimum || number > limits.maximum) {
    return absl::InvalidArgumentError(absl::StrCat("a number from ", limits.minimum, " to ", limits.maximum));
  }
  *value = number;
  return absl::OkStatus();
}

absl::Status ReadUint64(absl::string_view text, uint64_t* value) {
  // SimpleAtoi takes "-1" for an unsigned type as an error already; a leading '+' is fine.
  if (!absl::SimpleAtoi(text, value)) {
    return absl::InvalidArgumentError("a whole number from 0 to 18446744073709551615");
  }
  return absl::OkStatus();
}

absl::Status ReadSwitch(absl::string_view text, bool* value) {
  if (text != "true" && text != "false") return absl::InvalidArgumentError("true or false");
  *value = text == "true";
  return absl::OkStatus();
}

// A left column padded to a common width, and what it means.
std::string Row(absl::string_view left, absl::string_view right) {
  constexpr size_t kLeftWidth = 34;
  const size_t used = left.size() + 2;
  const std::string gap =
      used < kLeftWidth ? std::string(kLeftWidth - used, ' ') : absl::StrCat("\n", std::string(kLeftWidth, ' '));
  return absl::StrCat("  ", left, gap, right, "\n");
}

}  // namespace

int FinishCommand(const absl::Status& status) {
  std::fflush(stdout);
  return absl::IsCancelled(status) ? kExitInterrupted : RunMain(status);
}

CommandLine::CommandLine(absl::string_view command, absl::string_view description)
    : command_(command), description_(description) {}

void CommandLine::AddString(absl::string_view name, absl::string_view value_name, absl::string_view help, std::string* value) {
  AddFlag(name, value_name, help, *value, [value](absl::string_view text) {
    *value = std::string(text);
    return absl::OkStatus();
  });
}

void CommandLine::AddString(absl::string_view name, absl::string_view value_name, absl::string_view help,
                            std::optional<std::string>* value) {
  AddFlag(name, value_name, help, value->value_or(""), [value](absl::string_view text) {
    *value = std::string(text);
    return absl::OkStatus();
  });
}

void CommandLine::AddChoice(absl::string_view name, std::vector<std::string> choices, absl::string_view help,
                            std::string* value) {
  const std::string value_name = absl::StrJoin(choices, "|");
  AddFlag(name, value_name, help, *value, [value, choices = std::move(choices)](absl::string_view text) -> absl::Status {
    if (std::find(choices.begin(), choices.end(), text) == choices.end()) {
      return absl::InvalidArgumentError(absl::StrCat("one of ", absl::StrJoin(choices, ", ")));
    }
    *value = std::string(text);
    return absl::OkStatus();
  });
}

void CommandLine::AddSwitch(absl::string_view name, absl::string_view help, bool* value) {
  AddFlag(name, "", help, *value ? "true" : "", [value](absl::string_view text) { return ReadSwitch(text, value); });
}

void CommandLine::AddInt(absl::string_view name, IntLimits limits, absl::string_view help, int* value) {
  AddFlag(name, "N", help, absl::StrCat(*value), [=](absl::string_view text) { return ReadInt(text, limits, value); });
}

void CommandLine::AddInt(absl::string_view name, IntLimits limits, absl::string_view help, std::optional<int>* value) {
  const std::string default_text = value->has_value() ? absl::StrCat(**value) : "";
  AddFlag(name, "N", help, default_text, [=](absl::string_view text) { return ReadInt(text, limits, &value->emplace()); });
}

void CommandLine::AddUint64(absl::string_view name, absl::string_view help, std::optional<uint64_t>* value) {
  const std::string default_text = value->has_value() ? absl::StrCat(**value) : "";
  AddFlag(name, "N", help, default_text, [=](absl::string_view text) { return ReadUint64(text, &value->emplace()); });
}

void CommandLine::AddDouble(absl::string_view name, DoubleLimits limits, absl::string_view help, double* value) {
  AddFlag(name, "X", help, absl::StrCat(*value), [=](absl::string_view text) { return ReadDouble(text, limits, value); });
}

void CommandLine::AddDouble(absl::string_view name, DoubleLimits limits, absl::string_view help, std::optional<double>* value) {
  const std::string default_text = value->has_value() ? absl::StrCat(**value) : "";
  AddFlag(name, "X", help, default_text, [=](absl::string_view text) { return ReadDouble(text, limits, &value->emplace()); });
}

void CommandLine::AddIntList(absl::string_view name, IntLimits limits, absl::string_view help, std::vector<int>* values) {
  AddFlag(name, "N[,N...]", help, absl::StrJoin(*values, ","), [=](absl::string_view text) -> absl::Status {
    std::vector<int> read;
    for (absl::string_view item : absl::StrSplit(text, ',')) {
      if (absl::Status status = ReadInt(item, limits, &read.emplace_back()); !status.ok()) {
        return absl::InvalidArgumentError(absl::StrCat("a list such as 7 or 7,5, each ", status.message()));
      }
    }
    *values = std::move(read);
    return absl::OkStatus();
  });
}

void CommandLine::Require(absl::string_view name) { Find(name)->required = true; }

void CommandLine::AddPositional(absl::string_view value_name, absl::string_view help, std::string* value) {
  positionals_.push_back({std::string(value_name), std::string(help), true, value});
}

void CommandLine::AddOptionalPositional(absl::string_view value_name, absl::string_view help, std::string* value) {
  positionals_.push_back({std::string(value_name), std::string(help), false, value});
}

void CommandLine::SetEpilogue(absl::string_view text) { epilogue_ = std::string(text); }

absl::StatusOr<bool> CommandLine::Parse(absl::Span<const std::string> args) {
  std::vector<std::string> positionals;
  for (size_t i = 0; i < args.size(); ++i) {
    const std::string& arg = args[i];
    if (arg == "--") {
      positionals.insert(positionals.end(), args.begin() + i + 1, args.end());
      break;
    }
    if (arg == "--help" || arg == "-h") {
      std::fputs(Help().c_str(), stdout);
      return false;
    }
    if (arg.size() < 2 || arg[0] != '-') {
      positionals.push_back(arg);
      continue;
    }
    RETURN_IF_ERROR(ParseFlag(args, i));
  }
  if (positionals.size() > positionals_.size()) {
    return UsageError(absl::StrCat(command_, ": unexpected argument \"", absl::CHexEscape(positionals[positionals_.size()]),
                                   "\"; see ", command_, " --help (put quotes around an argument of several words)"));
  }
  for (size_t i = 0; i < positionals.size(); ++i) *positionals_[i].value = positionals[i];
  RETURN_IF_ERROR(CheckComplete(positionals.size()));
  return true;
}

absl::Status CommandLine::ParseFlag(absl::Span<const std::string> args, size_t& index) {
  absl::string_view arg = args[index];
  if (!absl::ConsumePrefix(&arg, "--")) return UnknownFlag(args[index]);
  const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(arg, absl::MaxSplits('=', 1));
  const bool has_value = absl::StrContains(arg, '=');
  Flag* flag = Find(parts.first);
  if (flag == nullptr) return UnknownFlag(absl::StrCat("--", parts.first));
  std::string value(parts.second);
  if (!has_value && flag->value_name.empty()) {
    value = "true";
  } else if (!has_value) {
    if (index + 1 == args.size() || absl::StartsWith(args[index + 1], "--")) {
      return UsageError(absl::StrCat(command_, ": --", flag->name, " needs a value: --", flag->name, "=", flag->value_name));
    }
    value = args[++index];
  }
  if (absl::Status status = flag->set(value); !status.ok()) {
    return UsageError(absl::StrCat(command_, ": --", flag->name, " is \"", absl::CHexEscape(value.substr(0, 100)),
                                   "\", but must be ", status.message()));
  }
  flag->given = true;
  return absl::OkStatus();
}

absl::Status CommandLine::CheckComplete(size_t positional_count) const {
  for (size_t i = positional_count; i < positionals_.size(); ++i) {
    if (positionals_[i].required) {
      return UsageError(absl::StrCat(command_, ": ", positionals_[i].value_name, " is missing; see ", command_, " --help"));
    }
  }
  for (const Flag& flag : flags_) {
    if (flag.required && !flag.given) {
      return UsageError(
          absl::StrCat(command_, ": --", flag.name, "=", flag.value_name, " is missing; see ", command_, " --help"));
    }
  }
  return absl::OkStatus();
}

absl::Status CommandLine::UnknownFlag(absl::string_view name) const {
  const std::string known =
      absl::StrJoin(flags_, ", ", [](std::string* out, const Flag& flag) { absl::StrAppend(out, "--", flag.name); });
  return UsageError(absl::StrCat(command_, ": unknown flag ", absl::CHexEscape(name.substr(0, 100)), "; allowed: ", known,
                                 known.empty() ? "" : ", ", "--help"));
}

void CommandLine::AddFlag(absl::string_view name, absl::string_view value_name, absl::string_view help, std::string default_text,
                          std::function<absl::Status(absl::string_view)> set) {
  Flag flag;
  flag.name = std::string(name);
  flag.value_name = std::string(value_name);
  flag.help = std::string(help);
  flag.default_text = std::move(default_text);
  flag.set = std::move(set);
  flags_.push_back(std::move(flag));
}

CommandLine::Flag* CommandLine::Find(absl::string_view name) {
  const std::string canonical = Canonical(name);
  for (Flag& flag : flags_) {
    if (flag.name == canonical) return &flag;
  }
  return nullptr;
}

std::string CommandLine::Help() const {
  std::string text = absl::StrCat("usage: ", command_);
  for (const Positional& positional : positionals_) {
    absl::StrAppend(&text, positional.required ? " " : " [", positional.value_name, positional.required ? "" : "]");
  }
  if (!flags_.empty()) absl::StrAppend(&text, " [flags]");
  absl::StrAppend(&text, "\n\n", description_, "\n\n");
  for (const Positional& positional : positionals_) absl::StrAppend(&text, Row(positional.value_name, positional.help));
  if (!positionals_.empty()) absl::StrAppend(&text, "\n");
  for (const Flag& flag : flags_) {
    const std::string left = absl::StrCat("--", flag.name, flag.value_name.empty() ? "" : "=", flag.value_name);
    const std::string note = flag.required               ? " (required)"
                             : flag.default_text.empty() ? ""
                                                         : absl::StrCat(" (default ", flag.default_text, ")");
    absl::StrAppend(&text, Row(left, absl::StrCat(flag.help, note)));
  }
  absl::StrAppend(&text, Row("--help", "Prints this."));
  if (!epilogue_.empty()) absl::StrAppend(&text, "\n", epilogue_, "\n");
  return text;
}

}  // namespace unclip
