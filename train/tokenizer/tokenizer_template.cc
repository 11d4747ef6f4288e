#include "train/tokenizer/tokenizer_template.h"

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/atomic_file.h"
#include "base/status_macros.h"
#include "model/weights/json_file.h"
#include "services/clip/byte_names.h"

namespace unclip::train {
namespace {

using Json = nlohmann::json;
using Files = std::map<std::string, std::string>;  // contents by path

constexpr char kStart[] = "<|startoftext|>";
constexpr char kEnd[] = "<|endoftext|>";

std::string Text(const Json& json) { return json.dump(2) + "\n"; }

Json Vocabulary(const clip::BpeMerges& merges) {
  Json ids = Json::object();
  int next = 0;
  const auto add = [&](const std::string& token) { ids.emplace(token, next++); };
  const auto names = clip::ByteNames();
  for (const std::string& name : names) add(name);
  for (const std::string& name : names) add(absl::StrCat(name, clip::kEndOfWord));
  for (const auto& [left, right] : merges) add(absl::StrCat(left, right));
  add(kStart);
  add(kEnd);
  return ids;
}

std::string MergesText(const clip::BpeMerges& merges) {
  std::string text = "#version: 0.2\n";
  for (const auto& [left, right] : merges) absl::StrAppend(&text, left, " ", right, "\n");
  return text;
}

Json SpecialToken(absl::string_view content) {
  return {{"content", content}, {"lstrip", false}, {"normalized", true}, {"rstrip", false}, {"single_word", false}};
}

Json TokenizerConfig(int start_id, int end_id, int max_length) {
  Json start = SpecialToken(kStart), end = SpecialToken(kEnd);
  start["special"] = end["special"] = true;
  return {{"added_tokens_decoder", {{absl::StrCat(start_id), start}, {absl::StrCat(end_id), end}}},
          {"bos_token", kStart},
          {"clean_up_tokenization_spaces", false},
          {"eos_token", kEnd},
          {"errors", "replace"},
          {"extra_special_tokens", Json::object()},
          {"model_max_length", max_length},
          {"pad_token", kEnd},
          {"tokenizer_class", "CLIPTokenizer"},
          {"unk_token", kEnd}};
}

// Adds the config at `path` with other `values`.
absl::Status AddConfig(const std::string& path, const Json& values, Files& files) {
  ASSIGN_OR_RETURN(Json config, model::ReadJsonObject(path));
  config.update(values);
  files[path] = Text(config);
  return absl::OkStatus();
}

}  // namespace

absl::Status PutTokenizerIntoTemplate(const NewTokenizer& tokenizer, const std::string& template_dir) {
  const std::string dir = template_dir + "/text-to-image/", folder = dir + "tokenizer";
  const int end_id = tokenizer.vocab_size() - 1, start_id = end_id - 1;
  Files files;
  RETURN_IF_ERROR(AddConfig(dir + "text_encoder/config.json",
                            {{"vocab_size", tokenizer.vocab_size()},
                             {"max_position_embeddings", tokenizer.max_length},
                             {"bos_token_id", start_id},
                             {"eos_token_id", end_id},
                             {"pad_token_id", end_id}},
                            files));
  std::error_code error;
  for (const char* prior : {"prior", "prior_autoregressive"}) {
    const std::string path = absl::StrCat(dir, prior, "/config.json");
    if (!std::filesystem::exists(path, error)) continue;
    RETURN_IF_ERROR(AddConfig(path, {{"num_embeddings", tokenizer.max_length}}, files));
  }
  files[folder + "/vocab.json"] = Text(Vocabulary(tokenizer.merges));
  files[folder + "/merges.txt"] = MergesText(tokenizer.merges);
  files[folder + "/tokenizer_config.json"] = Text(TokenizerConfig(start_id, end_id, tokenizer.max_length));
  files[folder + "/special_tokens_map.json"] = Text({{"bos_token", SpecialToken(kStart)},
                                                     {"eos_token", SpecialToken(kEnd)},
                                                     {"pad_token", SpecialToken(kEnd)},
                                                     {"unk_token", SpecialToken(kEnd)}});
  std::filesystem::create_directories(folder, error);
  if (error) return absl::UnavailableError(absl::StrCat(folder, ": ", error.message()));
  for (const auto& [path, content] : files) RETURN_IF_ERROR(WriteFileAtomically(path, content));
  return absl::OkStatus();
}

}  // namespace unclip::train
