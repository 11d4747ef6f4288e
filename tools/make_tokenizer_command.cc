#include "tools/make_tokenizer_command.h"

#include <ostream>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "tools/command_line.h"
#include "train/tokenizer/bpe_training.h"
#include "train/tokenizer/caption_words.h"
#include "train/tokenizer/tokenizer_template.h"

namespace unclip {
namespace {

constexpr int kMostTokens = 1 << 20;

struct Options {
  std::string captions;
  std::string template_dir;
  int vocabulary = 4096;
  int length = 77;
};

absl::StatusOr<bool> ParseOptions(const std::vector<std::string>& args, Options& options) {
  CommandLine command_line(
      "unclip make-tokenizer",
      "Makes a tokenizer (byte pair encoding, as CLIP has it) of captions, and puts it into the template of a\n"
      "recipe, whose configs get the sizes that depend on it.");
  command_line.AddString("captions", "PATH", "A text file, or a folder of files that end in .txt: a caption a line.",
                         &options.captions);
  command_line.AddString("template", "DIR", "The recipe's template, with text-to-image/ in it.", &options.template_dir);
  command_line.AddInt("vocabulary", {train::kLeastVocabulary, kMostTokens},
                      "Tokens that it may have; fewer where the captions have no use for more.", &options.vocabulary);
  command_line.AddInt("length", {2, kMostTokens}, "Tokens that are read of a text, its start and its end included.",
                      &options.length);
  command_line.Require("captions");
  command_line.Require("template");
  command_line.SetEpilogue("Example:\n  unclip make-tokenizer --captions my-pictures --template my-recipe/template --length 32");
  return command_line.Parse(args);
}

}  // namespace

absl::Status RunMakeTokenizer(const std::vector<std::string>& args, std::ostream& output) {
  Options options;
  ASSIGN_OR_RETURN(const bool proceed, ParseOptions(args, options));
  if (!proceed) return absl::OkStatus();
  ASSIGN_OR_RETURN(const train::CaptionWords captions, train::CountCaptionWords(options.captions));
  const train::NewTokenizer tokenizer = {
      .merges = train::LearnMerges(captions.words, options.vocabulary - train::kLeastVocabulary), .max_length = options.length};
  RETURN_IF_ERROR(train::PutTokenizerIntoTemplate(tokenizer, options.template_dir));
  output << absl::StrCat(options.template_dir, "/text-to-image/tokenizer: ", tokenizer.vocab_size(), " tokens, from ",
                         captions.caption_count, " captions with ", captions.words.size(), " different words; texts of up to ",
                         options.length, " tokens\n");
  return absl::OkStatus();
}

}  // namespace unclip
