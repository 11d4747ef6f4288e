#include "services/clip/added_tokens.h"

#include <map>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "services/clip/malformed_file.h"

namespace unclip::clip {

using Json = nlohmann::json;

absl::StatusOr<AddedToken> ParseAddedToken(const std::string& path, absl::string_view key, const Json& value,
                                           bool normalized_by_default) {
  AddedToken token;
  if (value.is_string()) {
    token = {.content = value.get<std::string>(), .normalized = normalized_by_default};
  } else if (value.is_object() && value.contains("content") && value["content"].is_string()) {
    for (const char* option : {"lstrip", "rstrip", "single_word"}) {
      if (value.contains(option) && value[option] != false) {
        return MalformedFile(path, "option \"", key, ".", option, "\" = ", Shown(value[option]),
                             " is not implemented; it must be false");
      }
    }
    const Json normalized = value.value("normalized", Json(normalized_by_default));
    if (!normalized.is_boolean()) {
      return MalformedFile(path, "option \"", key, ".normalized\" = ", Shown(normalized), " must be true or false");
    }
    token = {.content = value["content"].get<std::string>(), .normalized = normalized.get<bool>()};
  } else {
    return MalformedFile(path, "option \"", key, "\" = ", Shown(value),
                         " must be a token: a string, or an object with \"content\"");
  }
  if (token.content.empty()) return MalformedFile(path, "option \"", key, "\" is an empty token");
  return token;
}

int32_t AddedTokens::Add(AddedToken token) {
  for (const AddedToken& known : tokens_) {
    if (known.content == token.content) return known.id;
  }
  const auto found = vocabulary_.find(token.content);
  token.id = found != vocabulary_.end() ? found->second : next_id_++;
  tokens_.push_back(std::move(token));
  return tokens_.back().id;
}

absl::Status AddedTokens::AddDecoder(const std::string& path, const Json& decoder) {
  if (!decoder.is_object()) return MalformedFile(path, "option \"added_tokens_decoder\" must be an object");
  constexpr size_t kMaxAddedTokens = 1000;  // each is looked for in every text
  if (decoder.size() > kMaxAddedTokens) {
    return MalformedFile(path, "option \"added_tokens_decoder\" has ", decoder.size(), " tokens; at most ", kMaxAddedTokens,
                         " are accepted");
  }
  std::map<int32_t, const Json*> in_order;
  for (const auto& [key, value] : decoder.items()) {
    int32_t id = 0;
    if (!absl::SimpleAtoi(key, &id) || id < 0) {
      return MalformedFile(path, "option \"added_tokens_decoder\" has the key ", Quoted(key), "; keys are token ids");
    }
    in_order[id] = &value;
  }
  for (const auto& [id, value] : in_order) {
    const std::string key = absl::StrCat("added_tokens_decoder.", id);
    if (!value->is_object()) return MalformedFile(path, "option \"", key, "\" must be an object with \"content\"");
    const bool is_special = value->value("special", Json(false)) == Json(true);
    ASSIGN_OR_RETURN(const AddedToken token, ParseAddedToken(path, key, *value, /*normalized_by_default=*/!is_special));
    if (const int32_t given = Add(token); given != id) {
      return MalformedFile(path, "option \"", key, "\" is the token ", Quoted(token.content), ", whose id is ", given);
    }
  }
  return absl::OkStatus();
}

}  // namespace unclip::clip
