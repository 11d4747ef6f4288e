// `unclip tokenize`: token ids of texts, for comparing with other tokenizers.
#ifndef UNCLIP_TOOLS_TOKENIZE_COMMAND_H_
#define UNCLIP_TOOLS_TOKENIZE_COMMAND_H_

#include <iosfwd>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace unclip {

// Runs `unclip tokenize ARGS...` (the words after `tokenize`): reads a JSON string a line from standard input and writes a JSON
// list of token ids a line to standard output (start and end token included, truncated, not padded), each as soon as it is made.
// INVALID_ARGUMENT for unknown arguments, and for a line that is not a JSON string, naming its number.
absl::Status RunTokenize(const std::vector<std::string>& args);

// The same on given streams.
absl::Status RunTokenize(const std::vector<std::string>& args, std::istream& input, std::ostream& output);

}  // namespace unclip

#endif  // UNCLIP_TOOLS_TOKENIZE_COMMAND_H_
