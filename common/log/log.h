// Structured logs, one line an event, to stderr:
//   ts=2026-08-01T12:00:00.123Z level=info service=prior msg="request done" request_id=4f1c method=SamplePrior seconds=1.5
// Values with spaces or quotes are quoted; control characters (line ends among them) are escaped, so that no text from outside
// can forge a line. Thread-safe, but for InitLog.
#ifndef UNCLIP_COMMON_LOG_LOG_H_
#define UNCLIP_COMMON_LOG_LOG_H_

#include <initializer_list>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace unclip {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

struct LogOptions {
  std::string service;         // "prior"; stands in every line
  std::string level = "info";  // "debug", "info", "warning" or "error": the least that is written
  bool log_prompts = false;    // whether PromptField() shows prompts
};

// Sets up the process's log. Call once, before other threads log; without it, lines of level info and above are written for
// service "unclip". INVALID_ARGUMENT for an unknown level.
absl::Status InitLog(const LogOptions& options);

// One key=value of a line. The key is a literal of [a-z_]; the value text, a number, a bool or a duration (in seconds).
struct LogField {
  LogField(absl::string_view key, absl::Duration value) : key(key), value(absl::StrCat(absl::ToDoubleSeconds(value))) {}
  LogField(absl::string_view key, bool value) : key(key), value(value ? "true" : "false") {}
  LogField(absl::string_view key, const char* value) : key(key), value(value) {}
  LogField(absl::string_view key, std::string value) : key(key), value(std::move(value)) {}
  LogField(absl::string_view key, absl::string_view value) : key(key), value(value) {}
  template <typename Number>
  LogField(absl::string_view key, Number value) : key(key), value(absl::StrCat(value)) {}

  absl::string_view key;
  std::string value;
};

// A prompt (or a part of one), as field "prompt": the text when the process was told to log prompts, else its length only.
LogField PromptField(absl::string_view prompt);

void Log(LogLevel level, absl::string_view message, std::initializer_list<LogField> fields = {});
inline void LogDebug(absl::string_view message, std::initializer_list<LogField> fields = {}) {
  Log(LogLevel::kDebug, message, fields);
}
inline void LogInfo(absl::string_view message, std::initializer_list<LogField> fields = {}) {
  Log(LogLevel::kInfo, message, fields);
}
inline void LogWarning(absl::string_view message, std::initializer_list<LogField> fields = {}) {
  Log(LogLevel::kWarning, message, fields);
}
inline void LogError(absl::string_view message, std::initializer_list<LogField> fields = {}) {
  Log(LogLevel::kError, message, fields);
}

// The part of a line after the service: msg="..." and the fields. For tests and for Log itself.
std::string FormatLogLine(absl::string_view message, std::initializer_list<LogField> fields);

}  // namespace unclip

#endif  // UNCLIP_COMMON_LOG_LOG_H_
