// `unclip make-tokenizer`: a tokenizer for captions of one's own.
#ifndef UNCLIP_TOOLS_MAKE_TOKENIZER_COMMAND_H_
#define UNCLIP_TOOLS_MAKE_TOKENIZER_COMMAND_H_

#include <iosfwd>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace unclip {

// Runs `unclip make-tokenizer --captions PATH --template DIR [--vocabulary N] [--length N]` (`args` are the words after the
// command) and tells on `output` what was made. The errors of CountCaptionWords() and PutTokenizerIntoTemplate(); a UsageError
// for arguments that are not allowed.
absl::Status RunMakeTokenizer(const std::vector<std::string>& args, std::ostream& output);

}  // namespace unclip

#endif  // UNCLIP_TOOLS_MAKE_TOKENIZER_COMMAND_H_
