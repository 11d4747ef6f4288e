#include "tools/tokenize_command.h"

#include <iostream>
#include <istream>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "services/clip/bpe_tokenizer.h"
#include "tools/command_line.h"

namespace unclip {

absl::Status RunTokenize(const std::vector<std::string>& args) { return RunTokenize(args, std::cin, std::cout); }

absl::Status RunTokenize(const std::vector<std::string>& args, std::istream& input, std::ostream& output) {
  using Json = nlohmann::json;
  std::string tokenizer_dir;
  CommandLine command_line(
      "unclip tokenize",
      "Reads a JSON string a line from standard input and writes its token ids, a JSON list a line, to standard\n"
      "output: start and end token included, truncated to what the model takes, not padded.");
  command_line.AddString("tokenizer", "DIR", "Folder with vocab.json, merges.txt and tokenizer_config.json.", &tokenizer_dir);
  command_line.Require("tokenizer");
  command_line.SetEpilogue("Example:\n  echo '\"a red heart\"' | unclip tokenize --tokenizer checkpoint/tokenizer");
  ASSIGN_OR_RETURN(const bool proceed, command_line.Parse(args));
  if (!proceed) return absl::OkStatus();

  ASSIGN_OR_RETURN(const std::unique_ptr<const clip::BpeTokenizer> tokenizer, clip::BpeTokenizer::Load(tokenizer_dir));
  std::string line;
  for (int64_t number = 1; std::getline(input, line); ++number) {
    const Json text = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!text.is_string()) {
      return absl::InvalidArgumentError(absl::StrCat("line ", number, " of standard input is not a JSON string"));
    }
    output << Json(tokenizer->Encode(text.get_ref<const std::string&>()).ids).dump() << std::endl;
    if (!output) return absl::UnavailableError("standard output is closed");
  }
  return absl::OkStatus();
}

}  // namespace unclip
