#include "tools/checkpoint_template.h"

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/weights/json_file.h"
#include "model/weights/mapped_file.h"

namespace unclip {
namespace {

namespace fs = std::filesystem;

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  ASSIGN_OR_RETURN(const std::unique_ptr<const model::MappedFile> file, model::MappedFile::Open(path));
  return std::string(reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size());
}

bool IsTemplateFile(const fs::path& path) {
  const std::string name = path.filename().string();
  const bool is_shard_index = absl::StrContains(name, ".safetensors.index.");
  return !is_shard_index && (absl::EndsWith(name, ".json") || absl::EndsWith(name, ".txt"));
}

}  // namespace

absl::Status AddComponentFiles(const std::string& dir, absl::string_view component, CheckpointTemplate& result) {
  bool found = false;
  std::error_code error;
  for (fs::directory_iterator it(dir, error), end; !error && it != end; it.increment(error)) {
    if (!IsTemplateFile(it->path())) continue;
    ASSIGN_OR_RETURN(std::string content, ReadFile(it->path().string()));
    result.files[absl::StrCat(component, "/", it->path().filename().string())] = std::move(content);
    found = true;
  }
  if (error) return absl::NotFoundError(absl::StrCat(dir, ": cannot be listed: ", error.message()));
  if (!found) return absl::NotFoundError(absl::StrCat(dir, ": has no .json or .txt file"));
  return absl::OkStatus();
}

absl::Status FitTokenizerLength(CheckpointTemplate& result) {
  constexpr char kTokenizer[] = "tokenizer/tokenizer_config.json";
  constexpr char kEncoder[] = "text_encoder/config.json";
  const auto tokenizer_file = result.files.find(kTokenizer);
  const auto encoder_file = result.files.find(kEncoder);
  if (tokenizer_file == result.files.end() || encoder_file == result.files.end()) return absl::OkStatus();
  ASSIGN_OR_RETURN(nlohmann::json tokenizer, model::ParseJsonObject(tokenizer_file->second, kTokenizer));
  ASSIGN_OR_RETURN(const nlohmann::json encoder, model::ParseJsonObject(encoder_file->second, kEncoder));
  if (!encoder.contains("max_position_embeddings")) return absl::OkStatus();
  tokenizer["model_max_length"] = encoder["max_position_embeddings"];
  tokenizer_file->second = tokenizer.dump(2) + "\n";
  return absl::OkStatus();
}

absl::StatusOr<CheckpointTemplate> TemplateOf(const model::Checkpoint& checkpoint) {
  CheckpointTemplate result;
  ASSIGN_OR_RETURN(result.files["model_index.json"], ReadFile(absl::StrCat(checkpoint.dir(), "/model_index.json")));
  for (const model::Checkpoint::Component& component : checkpoint.components()) {
    ASSIGN_OR_RETURN(const std::string dir, checkpoint.ComponentDir(component.name));
    RETURN_IF_ERROR(AddComponentFiles(dir, component.name, result));
  }
  return result;
}

}  // namespace unclip
