#include "common/log/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <memory>

#include "absl/strings/str_format.h"

namespace unclip {
namespace {

std::atomic<bool> log_prompts = false;

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      break;
  }
  return spdlog::level::err;
}

std::shared_ptr<spdlog::logger> MakeLogger(const std::string& service) {
  auto logger = std::make_shared<spdlog::logger>("unclip", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  // spdlog fills in time, level and message; a service name holds no '%'.
  logger->set_formatter(std::make_unique<spdlog::pattern_formatter>(
      absl::StrCat("ts=%Y-%m-%dT%H:%M:%S.%eZ level=%l service=", service, " %v"), spdlog::pattern_time_type::utc));
  logger->set_level(spdlog::level::info);
  logger->flush_on(spdlog::level::debug);
  return logger;
}

// The process's logger. Never destroyed, as threads may log while the process exits.
std::shared_ptr<spdlog::logger>& Logger() {
  static auto* const logger = new std::shared_ptr<spdlog::logger>(MakeLogger("unclip"));
  return *logger;
}

bool NeedsQuotes(absl::string_view value) {
  return value.empty() || std::any_of(value.begin(), value.end(),
                                      [](unsigned char c) { return c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7F; });
}

void AppendValue(absl::string_view value, std::string* line) {
  if (!NeedsQuotes(value)) {
    absl::StrAppend(line, value);
    return;
  }
  line->push_back('"');
  for (const char c : value) {
    if (c == '"' || c == '\\') {
      line->push_back('\\');
      line->push_back(c);
    } else if (c == '\n') {
      absl::StrAppend(line, "\\n");
    } else if (c == '\r') {
      absl::StrAppend(line, "\\r");
    } else if (c == '\t') {
      absl::StrAppend(line, "\\t");
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      absl::StrAppendFormat(line, "\\x%02x", static_cast<unsigned char>(c));
    } else {
      line->push_back(c);
    }
  }
  line->push_back('"');
}

}  // namespace

absl::Status InitLog(const LogOptions& options) {
  static constexpr struct {
    absl::string_view name;
    LogLevel level;
  } kLevels[] = {
      {"debug", LogLevel::kDebug}, {"info", LogLevel::kInfo}, {"warning", LogLevel::kWarning}, {"error", LogLevel::kError}};
  for (const auto& [name, level] : kLevels) {
    if (options.level != name) continue;
    Logger() = MakeLogger(options.service);
    Logger()->set_level(ToSpdlog(level));
    log_prompts = options.log_prompts;
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("log level is \"", options.level, "\"; it must be debug, info, warning or error"));
}

LogField PromptField(absl::string_view prompt) {
  if (log_prompts) return LogField("prompt", prompt);
  return LogField("prompt", absl::StrCat("<", prompt.size(), " bytes>"));
}

std::string FormatLogLine(absl::string_view message, std::initializer_list<LogField> fields) {
  std::string line = "msg=";
  AppendValue(message, &line);
  for (const LogField& field : fields) {
    absl::StrAppend(&line, " ", field.key, "=");
    AppendValue(field.value, &line);
  }
  return line;
}

void Log(LogLevel level, absl::string_view message, std::initializer_list<LogField> fields) {
  spdlog::logger& logger = *Logger();
  if (!logger.should_log(ToSpdlog(level))) return;
  logger.log(ToSpdlog(level), "{}", FormatLogLine(message, fields));
}

}  // namespace unclip
