// A checkpoint's files without its weights.
#ifndef UNCLIP_TOOLS_CHECKPOINT_TEMPLATE_H_
#define UNCLIP_TOOLS_CHECKPOINT_TEMPLATE_H_

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "model/weights/checkpoint.h"

namespace unclip {

struct CheckpointTemplate {
  // Path in the checkpoint ("prior/config.json") -> content. "model_index.json" is one of them.
  std::map<std::string, std::string> files;
};

// The configs and tokenizer files (*.json, *.txt, without shard indexes) of all components of `checkpoint`, links resolved. The
// errors of Checkpoint::ComponentDir, and of reading.
absl::StatusOr<CheckpointTemplate> TemplateOf(const model::Checkpoint& checkpoint);

// Adds the *.json and *.txt files of `dir` as the component `component`. NOT_FOUND when there are none.
absl::Status AddComponentFiles(const std::string& dir, absl::string_view component, CheckpointTemplate& result);

// Makes the tokenizer's length that of the text encoder's context: a tokenizer from elsewhere may have another, with which no
// checkpoint loads. INVALID_ARGUMENT when one of the two config files is no JSON object.
absl::Status FitTokenizerLength(CheckpointTemplate& result);

}  // namespace unclip

#endif  // UNCLIP_TOOLS_CHECKPOINT_TEMPLATE_H_
