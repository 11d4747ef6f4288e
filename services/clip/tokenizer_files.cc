#include "services/clip/tokenizer_files.h"

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "model/weights/json_file.h"
#include "model/weights/mapped_file.h"
#include "services/clip/malformed_file.h"

namespace unclip::clip {
namespace {

using Json = nlohmann::json;

// The reference reads no more merges than CLIP's own vocabulary has, and ignores those that follow.
constexpr size_t kReferenceMergeLimit = 49152 - 256 - 2;

constexpr size_t kMaxMergesFileBytes = 16 << 20;

constexpr char kStartToken[] = "bos_token";
constexpr char kEndToken[] = "eos_token";
constexpr char kUnknownToken[] = "unk_token";
constexpr char kPadToken[] = "pad_token";

absl::StatusOr<BpeVocabulary> ReadVocabulary(const std::string& path) {
  ASSIGN_OR_RETURN(const Json json, model::ReadJsonObject(path));
  BpeVocabulary vocabulary;
  absl::flat_hash_set<int32_t> ids;
  for (const auto& [token, id] : json.items()) {
    constexpr int64_t kMaxId = std::numeric_limits<int32_t>::max() - 1;
    if (!id.is_number_integer() || id < 0 || id > kMaxId) {
      return MalformedFile(path, "token ", Quoted(token), " has the id ", Shown(id), "; an id is a whole number of 0 to ",
                           kMaxId);
    }
    if (!ids.insert(id.get<int32_t>()).second) return MalformedFile(path, "two tokens have the id ", Shown(id));
    vocabulary.emplace(token, id.get<int32_t>());
  }
  if (vocabulary.empty()) return MalformedFile(path, "holds no tokens");
  return vocabulary;
}

absl::StatusOr<BpeMerges> ReadMerges(const std::string& path) {
  ASSIGN_OR_RETURN(const std::unique_ptr<const model::MappedFile> file, model::MappedFile::Open(path));
  if (file->bytes().size() > kMaxMergesFileBytes) {
    return MalformedFile(path, "is ", file->bytes().size(), " bytes long; at most ", kMaxMergesFileBytes, " are accepted");
  }
  const absl::string_view bytes(reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size());
  const std::string text = absl::StrReplaceAll(absl::StripAsciiWhitespace(bytes), {{"\r\n", "\n"}, {"\r", "\n"}});
  const std::vector<absl::string_view> lines = absl::StrSplit(text, '\n');
  if (lines.size() < 2) return MalformedFile(path, "holds no merges after its first line");

  BpeMerges merges;
  absl::flat_hash_set<std::pair<absl::string_view, absl::string_view>> seen;
  for (size_t i = 1; i < lines.size() && i <= kReferenceMergeLimit; ++i) {
    const std::vector<absl::string_view> parts = absl::StrSplit(lines[i], absl::ByAnyChar(" \t\v\f"), absl::SkipEmpty());
    if (parts.size() != 2) {
      return MalformedFile(path, "line ", i + 1, " has ", parts.size(), " parts; a merge has 2, separated by a space");
    }
    // A repeated merge keeps its first rank.
    if (seen.emplace(parts[0], parts[1]).second) merges.emplace_back(parts[0], parts[1]);
  }
  return merges;
}

// Refuses what would change the tokens and is not implemented.
absl::Status CheckOptions(const std::string& path, const Json& config) {
  static const std::map<std::string, std::vector<Json>> kImplemented = {
      {"add_prefix_space", {false}},
      {"additional_special_tokens", {nullptr, Json::array()}},
      {"cls_token", {nullptr}},
      {"do_lower_case", {true}},
      {"extra_special_tokens", {nullptr, Json::object(), Json::array()}},
      {"mask_token", {nullptr}},
      {"padding_side", {"right"}},
      {"sep_token", {nullptr}},
      {"split_special_tokens", {false}},
      {"tokenizer_class", {nullptr, "CLIPTokenizer", "CLIPTokenizerFast"}},
      {"truncation_side", {"right"}},
  };
  static const absl::flat_hash_set<std::string> kReadElsewhere = {
      kStartToken, kEndToken, kUnknownToken, kPadToken, "added_tokens_decoder", "model_max_length", "max_len"};
  // These bear on decoding, on padding that a caller asks for, or on nothing.
  static const absl::flat_hash_set<std::string> kWithoutEffect = {"auto_map",
                                                                  "chat_template",
                                                                  "clean_up_tokenization_spaces",
                                                                  "device_map",
                                                                  "errors",
                                                                  "init_inputs",
                                                                  "max_length",
                                                                  "merges_file",
                                                                  "model_input_names",
                                                                  "name_or_path",
                                                                  "pad_to_multiple_of",
                                                                  "pad_token_type_id",
                                                                  "processor_class",
                                                                  "special_tokens_map_file",
                                                                  "stride",
                                                                  "tokenizer_file",
                                                                  "transformers_version",
                                                                  "truncation_strategy",
                                                                  "use_fast",
                                                                  "vocab_file"};
  for (const auto& [key, value] : config.items()) {
    if (const auto option = kImplemented.find(key); option != kImplemented.end()) {
      const std::vector<Json>& allowed = option->second;
      if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) continue;
      return MalformedFile(path, "option \"", key, "\" = ", Shown(value), " is not implemented; it must be ",
                           Shown(allowed.back()));
    }
    if (!kReadElsewhere.contains(key) && !kWithoutEffect.contains(key)) {
      return MalformedFile(path, "option ", Quoted(key), " = ", Shown(value), " is not implemented");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<int> ReadMaxLength(const std::string& path, const Json& config) {
  const std::string key = config.contains("model_max_length") ? "model_max_length" : "max_len";
  constexpr int kMin = 2;  // start and end token
  constexpr int kMax = 1 << 20;
  const Json value = config.value(key, Json());
  if (!value.is_number_integer() || value < kMin || value > kMax) {
    return MalformedFile(path, "option \"model_max_length\" = ", Shown(value), "; it must be a whole number of ", kMin, " to ",
                         kMax);
  }
  return value.get<int>();
}

// Where the files say what the four tokens are. Reads special_tokens_map.json into `config` where it counts.
absl::Status OverrideFromSpecialTokensMap(const std::string& dir, Json& config) {
  if (config.contains("added_tokens_decoder")) return absl::OkStatus();
  const std::string added_path = dir + "/added_tokens.json";
  if (const auto added = model::ReadJsonObject(added_path); !absl::IsNotFound(added.status())) {
    RETURN_IF_ERROR(added.status());
    if (!added->empty())
      return MalformedFile(added_path, "is not implemented; save the tokenizer with transformers 4.34 or later");
  }
  const std::string path = dir + "/special_tokens_map.json";
  const auto special = model::ReadJsonObject(path);
  if (absl::IsNotFound(special.status())) return absl::OkStatus();
  RETURN_IF_ERROR(special.status());
  RETURN_IF_ERROR(CheckOptions(path, *special));
  for (const auto& [key, value] : special->items()) {
    if (!value.is_object()) {
      config[key] = value;
      continue;
    }
    // The reference marks these tokens special, and special tokens are not normalized unless they say so.
    Json token = value;
    token.emplace("normalized", false);
    config[key] = token;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<TokenizerFiles> ReadTokenizerFiles(const std::string& dir) {
  TokenizerFiles files;
  const std::string vocabulary_path = dir + "/vocab.json";
  ASSIGN_OR_RETURN(files.vocabulary, ReadVocabulary(vocabulary_path));
  ASSIGN_OR_RETURN(files.merges, ReadMerges(dir + "/merges.txt"));
  const std::string path = dir + "/tokenizer_config.json";
  ASSIGN_OR_RETURN(Json config, model::ReadJsonObject(path));
  RETURN_IF_ERROR(CheckOptions(path, config));
  ASSIGN_OR_RETURN(files.max_length, ReadMaxLength(path, config));
  RETURN_IF_ERROR(OverrideFromSpecialTokensMap(dir, config));

  int32_t largest_id = 0;
  for (const auto& [token, id] : files.vocabulary) largest_id = std::max(largest_id, id);
  AddedTokens added(files.vocabulary);
  if (config.contains("added_tokens_decoder")) RETURN_IF_ERROR(added.AddDecoder(path, config["added_tokens_decoder"]));

  struct Role {
    const char* key;
    const char* fallback;
    bool normalized;   // when given as a mere string
    bool is_in_model;  // whether the vocabulary itself must have it
    int32_t& id;
  };
  const Role roles[] = {
      {kStartToken, "<|startoftext|>", true, true, files.start_id},
      {kEndToken, "<|endoftext|>", true, true, files.end_id},
      {kUnknownToken, "<|endoftext|>", true, true, files.unknown_id},
      {kPadToken, "<|endoftext|>", false, false, files.pad_id},
  };
  for (const Role& role : roles) {
    ASSIGN_OR_RETURN(const AddedToken token,
                     ParseAddedToken(path, role.key, config.value(role.key, Json(role.fallback)), role.normalized));
    if (role.is_in_model && !files.vocabulary.contains(token.content)) {
      return MalformedFile(vocabulary_path, "lacks the ", role.key, " ", Quoted(token.content));
    }
    role.id = added.Add(token);
  }
  if (const auto count = static_cast<int>(files.vocabulary.size()); added.next_id() > count && largest_id >= count) {
    return MalformedFile(vocabulary_path, "has the id ", largest_id, ", but only ", count,
                         " tokens, so that no id is free for an added one");
  }
  files.vocab_size = std::max(largest_id + 1, added.next_id());
  // Karlo pads with "!", which users write, and which the model's own training read as any other word.
  const bool pad_is_a_word = files.pad_id != files.start_id && files.pad_id != files.end_id && files.pad_id != files.unknown_id;
  for (const AddedToken& token : added.tokens()) {
    if (token.id == files.pad_id && pad_is_a_word && files.vocabulary.contains(token.content)) continue;
    files.added_tokens.push_back(token);
  }
  return files;
}

}  // namespace unclip::clip
