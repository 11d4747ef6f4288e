#include "model/weights/checkpoint.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/weights/json_file.h"
#include "model/weights/mapped_file.h"
#include "model/weights/safetensors_file.h"
#include "model/weights/sha256.h"

namespace unclip::model {
namespace {

namespace fs = std::filesystem;

constexpr absl::string_view kIndexFile = "model_index.json";
// The component that is found by its weights, and what names its class.
constexpr char kOwnPrior[] = "prior_autoregressive";
constexpr char kOwnPriorWeights[] = "diffusion_pytorch_model.safetensors";
constexpr char kOwnPriorClass[] = "UnclipAutoregressivePrior";
// No path is longer, so no longer file stands for a link.
constexpr size_t kMaxLinkBytes = 4096;

// Folder names come from an untrusted file and must not lead out of the checkpoint.
bool IsPlainName(absl::string_view name) {
  return !name.empty() &&
         std::all_of(name.begin(), name.end(), [](char c) { return absl::ascii_isalnum(c) || c == '_' || c == '-'; });
}

// The path in the text file that stands for a link at `path`: one line, relative. Empty when it is no such file.
std::string LinkText(const fs::path& path) {
  const auto file = MappedFile::Open(path.string());
  if (!file.ok() || (*file)->bytes().size() > kMaxLinkBytes) return "";
  const absl::string_view text = absl::StripTrailingAsciiWhitespace(
      absl::string_view(reinterpret_cast<const char*>((*file)->bytes().data()), (*file)->bytes().size()));
  const bool is_path = !text.empty() && text.front() != '/' &&
                       std::all_of(text.begin(), text.end(), [](unsigned char c) { return c >= 0x20 && c != 0x7f; });
  return is_path ? std::string(text) : "";
}

// The folder that `path` is or leads to, absolute.
absl::StatusOr<std::string> ResolveFolder(const std::string& path) {
  std::set<fs::path> seen;
  fs::path place = path;
  for (;;) {
    std::error_code error;
    const fs::path resolved = fs::canonical(place, error);
    if (error == std::errc::too_many_symbolic_link_levels)
      return absl::NotFoundError(absl::StrCat(path, ": links run in a circle"));
    if (error) {
      std::error_code ignored;
      const bool is_link = fs::is_symlink(place, ignored) || !seen.empty();
      return absl::NotFoundError(
          absl::StrCat(path, is_link ? ": is a link to a folder that does not exist" : ": no such folder"));
    }
    if (fs::is_directory(resolved, error)) return resolved.string();
    if (!seen.insert(resolved).second) return absl::NotFoundError(absl::StrCat(path, ": links run in a circle"));
    const std::string text = LinkText(resolved);
    if (text.empty()) return absl::NotFoundError(absl::StrCat(path, ": is neither a folder nor a link to one"));
    place = resolved.parent_path() / text;
  }
}

absl::string_view AsText(absl::Span<const std::byte> bytes) {
  return absl::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

// Files of `dir` that make up the identity of a component, in name order.
absl::StatusOr<std::vector<std::string>> IdentityFiles(const std::string& dir) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(dir, error), end; !error && it != end; it.increment(error)) {
    const std::string extension = it->path().extension().string();
    if (extension == ".json" || extension == ".txt" || extension == ".safetensors")
      names.push_back(it->path().filename().string());
  }
  if (error) return absl::UnavailableError(absl::StrCat(dir, ": cannot be listed: ", error.message()));
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

absl::StatusOr<Checkpoint> Checkpoint::Open(const std::string& dir) {
  Checkpoint checkpoint;
  ASSIGN_OR_RETURN(checkpoint.dir_, ResolveFolder(dir));
  const fs::path folder = checkpoint.dir_;
  checkpoint.name_ = folder.filename().string();
  if (checkpoint.name_ == "text-to-image" || checkpoint.name_ == "image-variation") {
    checkpoint.name_ = folder.parent_path().filename().string();
  }
  const std::string index_path = absl::StrCat(checkpoint.dir_, "/", kIndexFile);
  ASSIGN_OR_RETURN(const nlohmann::json index, ReadJsonObject(index_path));
  for (const auto& [key, value] : index.items()) {
    if (key == "_class_name" && value.is_string()) checkpoint.pipeline_class_ = value.get<std::string>();
    if (absl::StartsWith(key, "_") || !value.is_array()) continue;  // notes, and options of the pipeline
    if (value.size() == 2 && value[0].is_null() && value[1].is_null()) continue;
    if (value.size() != 2 || !value[0].is_string() || !value[1].is_string() || !IsPlainName(key)) {
      return absl::InvalidArgumentError(absl::StrCat(index_path, ": component \"", absl::CHexEscape(key),
                                                     "\" must be a plain folder name with a list of library and class"));
    }
    checkpoint.components_.push_back({.name = key, .library = value[0], .class_name = value[1]});
  }
  if (std::error_code ignored;
      !checkpoint.HasComponent(kOwnPrior) && fs::exists(folder / kOwnPrior / kOwnPriorWeights, ignored)) {
    const auto place = std::find_if(checkpoint.components_.begin(), checkpoint.components_.end(),
                                    [](const Component& other) { return other.name > kOwnPrior; });
    checkpoint.components_.insert(place, {.name = kOwnPrior, .library = "unclip", .class_name = kOwnPriorClass});
  }
  if (checkpoint.components_.empty()) return absl::InvalidArgumentError(absl::StrCat(index_path, ": lists no component"));
  return checkpoint;
}

const Checkpoint::Component* Checkpoint::Find(absl::string_view name) const {
  const auto it = std::find_if(components_.begin(), components_.end(), [name](const Component& c) { return c.name == name; });
  return it == components_.end() ? nullptr : &*it;
}

absl::StatusOr<std::string> Checkpoint::ComponentDir(absl::string_view name) const {
  if (!HasComponent(name)) {
    return absl::NotFoundError(absl::StrCat(dir_, "/", kIndexFile, ": lists no component \"", name, "\""));
  }
  return ResolveFolder(absl::StrCat(dir_, "/", name));
}

absl::StatusOr<std::string> Checkpoint::Fingerprint(absl::Span<const std::string> components) const {
  Sha256 hash;
  // Every piece is preceded by its size, so that no two different lists of pieces run together to the same bytes.
  const auto update = [&hash](absl::string_view piece) {
    hash.Update(absl::StrCat(piece.size(), ":"));
    hash.Update(piece);
  };
  for (const std::string& component : components) {
    ASSIGN_OR_RETURN(const std::string folder, ComponentDir(component));
    ASSIGN_OR_RETURN(const std::vector<std::string> files, IdentityFiles(folder));
    update(component);
    for (const std::string& file : files) {
      const std::string path = absl::StrCat(folder, "/", file);
      update(file);
      if (absl::EndsWith(file, ".safetensors")) {
        ASSIGN_OR_RETURN(const std::shared_ptr<const SafetensorsFile> weights, SafetensorsFile::Open(path));
        update(AsText(weights->header_bytes()));
      } else {
        ASSIGN_OR_RETURN(const std::unique_ptr<const MappedFile> mapped, MappedFile::Open(path));
        update(AsText(mapped->bytes()));
      }
    }
  }
  std::string digest = hash.HexDigest();
  if (digest.empty()) return absl::InternalError("SHA-256 is not available in the cryptography library");
  return digest;
}

}  // namespace unclip::model
