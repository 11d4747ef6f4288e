#include "tools/installation.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace unclip {
namespace {

namespace fs = std::filesystem;

constexpr char kDefaultModel[] = "models/shapes32";

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Where the build puts a binary, from the root of its output.
std::string BuildPath(absl::string_view name) {
  if (name == "gateway") return "gateway/gateway";
  if (name == "unclip_model") return "tools/unclip_model";
  return absl::StrCat("services/", name, "/", name);
}

bool IsFolder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

}  // namespace

Installation::Installation(Hints hints) : hints_(std::move(hints)) {}

Installation Installation::OfThisProcess(absl::string_view argv0) {
  Hints hints;
  std::error_code ignored;
  hints.executable = fs::read_symlink("/proc/self/exe", ignored).string();
  // Without a slash it was found through PATH, which says nothing beyond the executable itself.
  if (absl::StrContains(argv0, '/')) hints.invoked_path = fs::absolute(std::string(argv0), ignored).lexically_normal().string();
  hints.bin_dir = Environment("UNCLIP_BIN_DIR");
  hints.home = Environment("UNCLIP_HOME");
  return Installation(std::move(hints));
}

absl::StatusOr<std::string> Installation::Binary(absl::string_view name) const {
  const fs::path own_folder = fs::path(hints_.executable).parent_path();
  const std::vector<fs::path> roots = hints_.bin_dir.empty() ? std::vector<fs::path>{own_folder, own_folder.parent_path()}
                                                             : std::vector<fs::path>{hints_.bin_dir};
  std::vector<std::string> tried;
  for (const fs::path& root : roots) {
    for (const std::string& relative : {std::string(name), BuildPath(name)}) {
      std::string path = (root / relative).string();
      // Beside the binary a folder may have the program's name: gateway/ in the build's output.
      if (access(path.c_str(), X_OK) == 0 && !IsFolder(path)) return path;
      tried.push_back(std::move(path));
    }
  }
  return absl::NotFoundError(absl::StrCat("the program \"", name, "\" is in none of ", absl::StrJoin(tried, ", "),
                                          "; build //tools:unclip, or set UNCLIP_BIN_DIR to the folder that holds it"));
}

absl::StatusOr<std::string> Installation::DefaultCheckpoint(absl::string_view part) const {
  const fs::path relative = fs::path(kDefaultModel) / std::string(part);
  if (!hints_.home.empty()) {
    if (IsFolder(hints_.home / relative)) return (hints_.home / relative).string();
    return absl::NotFoundError(absl::StrCat("UNCLIP_HOME is ", hints_.home, ", which has no folder ", relative.string()));
  }
  for (const std::string& start : {hints_.invoked_path, hints_.executable}) {
    if (start.empty()) continue;
    // What a build tool gathers for a binary's run lies beside it.
    const fs::path runfiles = start + ".runfiles/unclip";
    if (IsFolder(runfiles / relative)) return (runfiles / relative).string();
    for (fs::path folder = fs::path(start).parent_path();; folder = folder.parent_path()) {
      if (IsFolder(folder / relative)) return (folder / relative).string();
      if (folder == folder.parent_path()) break;
    }
  }
  return absl::NotFoundError(
      absl::StrCat("no folder ", relative.string(), " above ", hints_.executable,
                   "; name a checkpoint with --checkpoint, or set UNCLIP_HOME to the folder that holds models/"));
}

}  // namespace unclip
