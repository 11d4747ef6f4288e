#include "tools/process_logs.h"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/atomic_file.h"
#include "base/status_macros.h"

namespace unclip {

absl::StatusOr<SupervisedProcess::LogSink> MakeLogSink(const std::string& folder) {
  if (folder.empty()) {
    return
        [](absl::string_view name, const std::string& line) { std::cerr << absl::StrCat(name, " | ", line, "\n") << std::flush; };
  }
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return absl::ErrnoToStatus(error.value(), absl::StrCat("cannot make the folder ", folder));
  RETURN_IF_ERROR(CheckWritable(folder + "/x.log"));
  // Shared, because a std::function must be copyable.
  auto files = std::make_shared<std::map<std::string, std::ofstream>>();
  return [files, folder](absl::string_view name, const std::string& line) {
    std::ofstream& file = (*files)[std::string(name)];
    if (!file.is_open()) file.open(absl::StrCat(folder, "/", name, ".log"), std::ios::app);
    file << line << std::endl;
  };
}

}  // namespace unclip
