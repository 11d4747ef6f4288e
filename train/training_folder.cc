#include "train/training_folder.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/atomic_file.h"
#include "base/status_macros.h"

namespace unclip::train {
namespace {

namespace fs = std::filesystem;

absl::Status Failed(const fs::path& path, const std::error_code& error) {
  return absl::UnavailableError(absl::StrCat(path.string(), ": ", error.message()));
}

absl::StatusOr<std::string> ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string content{std::istreambuf_iterator<char>(file), {}};
  if (!file) return absl::UnavailableError(absl::StrCat(path.string(), ": cannot be read"));
  return content;
}

// Sizes that were changed in the template after the folder was made would otherwise be passed over without a word.
absl::Status CompareConfig(const fs::path& config, const fs::path& present) {
  if (config.filename() != "config.json") return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::string wanted, ReadFile(config));
  ASSIGN_OR_RETURN(const std::string found, ReadFile(present));
  if (found == wanted) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(present.string(), " differs from the template's ", config.string(),
                                                    ": for the template's sizes give another --out, or delete this file and the "
                                                    "weights beside it; to keep its own, put it into "
                                                    "the template"));
}

bool IsWeights(const fs::path& path) { return path.extension() == ".safetensors"; }

// Another process of the same run may be doing the same at the same time, so a file appears whole or not at all.
absl::Status CopyOrCompare(const fs::directory_entry& entry, const fs::path& target) {
  std::error_code error;
  if (entry.is_directory() && !entry.is_symlink()) {
    fs::create_directories(target, error);
    return error ? Failed(target, error) : absl::OkStatus();
  }
  fs::create_directories(target.parent_path(), error);
  if (error) return Failed(target, error);
  if (fs::exists(fs::symlink_status(target))) return CompareConfig(entry.path(), target);
  if (entry.is_symlink()) {
    fs::copy_symlink(entry.path(), target, error);
    return error && error != std::errc::file_exists ? Failed(target, error) : absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const std::string content, ReadFile(entry.path()));
  return WriteFileAtomically(target.string(), content);
}

}  // namespace

absl::StatusOr<TrainingFolder> TrainingFolder::Open(const std::string& dir, const std::string& template_dir) {
  std::error_code error;
  if (!fs::exists(template_dir + "/text-to-image/model_index.json", error)) {
    return absl::NotFoundError(absl::StrCat(template_dir, ": no text-to-image/model_index.json in this template"));
  }
  fs::recursive_directory_iterator it(template_dir, error);
  if (error) return Failed(template_dir, error);
  for (const fs::directory_entry& entry : it) {
    // By name: fs::relative() would follow the links of one half to the other.
    const fs::path target = fs::path(dir) / entry.path().lexically_relative(template_dir);
    if (!IsWeights(entry.path())) RETURN_IF_ERROR(CopyOrCompare(entry, target));
  }
  return TrainingFolder(dir);
}

std::string TrainingFolder::ComponentDir(absl::string_view component) const {
  return absl::StrCat(component == "image_encoder" ? image_variation_dir() : text_to_image_dir(), "/", component);
}

absl::StatusOr<std::string> TrainingFolder::RunDir(absl::string_view name) const {
  std::string dir = absl::StrCat(dir_, "/training/", name);
  std::error_code error;
  fs::create_directories(dir, error);
  if (error) return Failed(dir, error);
  return dir;
}

}  // namespace unclip::train
