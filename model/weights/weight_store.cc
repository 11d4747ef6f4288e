#include "model/weights/weight_store.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/weights/json_file.h"

namespace unclip::model {
namespace {

struct Candidate {
  absl::string_view file;
  bool is_index;
};

// The second spelling of a variant's index is the one of diffusers since 0.30.
constexpr Candidate kCandidates[] = {
    {"diffusion_pytorch_model.safetensors", false},
    {"model.safetensors", false},
    {"diffusion_pytorch_model.safetensors.index.json", true},
    {"model.safetensors.index.json", true},
    {"diffusion_pytorch_model.fp16.safetensors", false},
    {"model.fp16.safetensors", false},
    {"diffusion_pytorch_model.fp16.safetensors.index.json", true},
    {"diffusion_pytorch_model.safetensors.index.fp16.json", true},
    {"model.fp16.safetensors.index.json", true},
    {"model.safetensors.index.fp16.json", true},
};

constexpr absl::string_view kPickleSuffixes[] = {".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".th"};

// Whether there is anything of that name, be it a link to nowhere.
bool Exists(const std::string& path) {
  struct stat info;
  return lstat(path.c_str(), &info) == 0;
}

// Why `dir` has no weights.
absl::Status NoWeights(const std::string& dir) {
  std::error_code error;
  std::filesystem::directory_iterator it(dir, error);
  if (error) return absl::NotFoundError(absl::StrCat(dir, ": cannot be read: ", error.message()));
  std::set<std::string> pickles;
  for (const std::filesystem::directory_iterator end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    for (const absl::string_view suffix : kPickleSuffixes) {
      if (absl::EndsWith(name, suffix)) pickles.insert(name);
    }
  }
  if (pickles.empty()) {
    return absl::NotFoundError(
        absl::StrCat(dir, ": has no weights; expected ", kCandidates[0].file, " or ", kCandidates[1].file));
  }
  return absl::InvalidArgumentError(absl::StrCat(dir, ": has weights only as a pickle (", *pickles.begin(),
                                                 "), which can run code when it is read and is never loaded; convert it to ",
                                                 kCandidates[0].file));
}

// Files are named by untrusted input, so only names without any path are followed.
bool IsPlainFileName(absl::string_view name) {
  return !name.empty() && name != "." && name != ".." && !absl::StrContains(name, '/') && !absl::StrContains(name, '\\') &&
         !absl::StrContains(name, '\0');
}

// "weight_map" of the index: tensor name -> file name.
absl::StatusOr<std::map<std::string, std::string>> ReadWeightMap(const std::string& index_path) {
  ASSIGN_OR_RETURN(const nlohmann::json index, ReadJsonObject(index_path));
  const auto weight_map = index.find("weight_map");
  if (weight_map == index.end() || !weight_map->is_object() || weight_map->empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(index_path, ": \"weight_map\" must be an object that names the file of each tensor"));
  }
  std::map<std::string, std::string> result;
  for (const auto& [tensor, file] : weight_map->items()) {
    if (!file.is_string() || !IsPlainFileName(file.get_ref<const std::string&>()) ||
        !absl::EndsWith(file.get_ref<const std::string&>(), ".safetensors")) {
      return absl::InvalidArgumentError(absl::StrCat(index_path, ": tensor \"", absl::CHexEscape(tensor), "\" is in ",
                                                     file.dump(-1, ' ', true).substr(0, 200),
                                                     "; it must be the name of a .safetensors file in the same folder"));
    }
    result.emplace(tensor, file.get<std::string>());
  }
  return result;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const WeightStore>> WeightStore::Open(const std::string& component_dir) {
  std::shared_ptr<WeightStore> store(new WeightStore());
  for (const Candidate& candidate : kCandidates) {
    const std::string path = absl::StrCat(component_dir, "/", candidate.file);
    if (!Exists(path)) continue;
    store->path_ = path;
    RETURN_IF_ERROR(candidate.is_index ? store->AddShards(component_dir, path) : store->AddFile(path));
    return store;
  }
  return NoWeights(component_dir);
}

absl::Status WeightStore::AddFile(const std::string& path) {
  ASSIGN_OR_RETURN(std::shared_ptr<const SafetensorsFile> file, SafetensorsFile::Open(path));
  for (const TensorEntry& tensor : file->tensors()) {
    const auto [it, is_new] = index_.emplace(tensor.name, files_.size());
    if (!is_new) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": tensor \"", absl::CHexEscape(tensor.name), "\" is also in ", files_[it->second]->path()));
    }
  }
  files_.push_back(std::move(file));
  return absl::OkStatus();
}

absl::Status WeightStore::AddShards(const std::string& dir, const std::string& index_path) {
  using WeightMap = std::map<std::string, std::string>;
  ASSIGN_OR_RETURN(const WeightMap weight_map, ReadWeightMap(index_path));
  std::set<std::string> shards;
  for (const auto& [tensor, file] : weight_map) shards.insert(file);
  for (const std::string& shard : shards) {
    if (!Exists(absl::StrCat(dir, "/", shard))) {
      return absl::NotFoundError(absl::StrCat(dir, "/", shard, ": no such file, but ", index_path, " names it"));
    }
    RETURN_IF_ERROR(AddFile(absl::StrCat(dir, "/", shard)));
  }
  for (const auto& [tensor, file] : weight_map) {
    const Weight weight = Find(tensor);
    if (!weight || weight.file->path() != absl::StrCat(dir, "/", file)) {
      return absl::InvalidArgumentError(
          absl::StrCat(dir, "/", file, ": has no tensor \"", absl::CHexEscape(tensor), "\", but ", index_path, " says so"));
    }
  }
  for (const auto& [tensor, place] : index_) {
    if (!weight_map.contains(tensor)) {
      return absl::InvalidArgumentError(
          absl::StrCat(files_[place]->path(), ": tensor \"", absl::CHexEscape(tensor), "\" is not in the index ", index_path));
    }
  }
  return absl::OkStatus();
}

WeightStore::Weight WeightStore::Find(absl::string_view name) const {
  const auto it = index_.find(name);
  if (it == index_.end()) return {};
  const std::shared_ptr<const SafetensorsFile>& file = files_[it->second];
  return {.entry = file->Find(name), .file = file};
}

std::vector<std::string> WeightStore::names() const {
  std::vector<std::string> names;
  names.reserve(index_.size());
  for (const auto& [name, place] : index_) names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

uint64_t WeightStore::parameter_count() const {
  uint64_t count = 0;
  for (const auto& file : files_) {
    for (const TensorEntry& tensor : file->tensors()) count += static_cast<uint64_t>(tensor.element_count());
  }
  return count;
}

uint64_t WeightStore::byte_count() const {
  uint64_t count = 0;
  for (const auto& file : files_) {
    for (const TensorEntry& tensor : file->tensors()) count += tensor.data.size();
  }
  return count;
}

}  // namespace unclip::model
