#include "tools/random_checkpoint_command.h"

#include <cstdint>
#include <filesystem>
#include <iostream>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "base/status_macros.h"
#include "model/weights/checkpoint.h"
#include "tools/checkpoint_template.h"
#include "tools/command_line.h"
#include "tools/component_specs.h"
#include "tools/karlo_template.h"
#include "tools/random_checkpoint.h"

namespace unclip {
namespace {

constexpr absl::string_view kKarlo = "karlo";

struct Options {
  std::string like;
  std::string out;
  std::string variation;
  std::string tokenizer;
  std::string dtype = "float16";
  std::optional<uint64_t> seed;
};

model::Dtype DtypeOf(const std::string& name) {
  if (name == "float32") return model::Dtype::kF32;
  return name == "float16" ? model::Dtype::kF16 : model::Dtype::kBF16;
}

absl::StatusOr<CheckpointTemplate> TemplateOfFolder(const std::string& dir) {
  ASSIGN_OR_RETURN(const model::Checkpoint checkpoint, model::Checkpoint::Open(dir));
  return TemplateOf(checkpoint);
}

absl::StatusOr<CheckpointTemplate> TextToImageTemplate(const Options& options) {
  CheckpointTemplate result = KarloTextToImageTemplate();
  if (options.like != kKarlo) {
    ASSIGN_OR_RETURN(result, TemplateOfFolder(options.like));
  } else if (options.tokenizer.empty()) {
    return UsageError("--like=karlo needs --tokenizer=DIR, a folder with the vocab.json and merges.txt of OpenAI's CLIP");
  }
  if (options.tokenizer.empty()) return result;
  std::erase_if(result.files, [](const auto& file) { return absl::StartsWith(file.first, "tokenizer/"); });
  RETURN_IF_ERROR(AddComponentFiles(options.tokenizer, "tokenizer", result));
  RETURN_IF_ERROR(FitTokenizerLength(result));
  return result;
}

// The other half of a checkpoint that has two lies beside the first.
absl::StatusOr<CheckpointTemplate> VariationTemplate(const Options& options) {
  if (options.like == kKarlo) return KarloVariationTemplate();
  ASSIGN_OR_RETURN(const model::Checkpoint checkpoint, model::Checkpoint::Open(options.like));
  return TemplateOfFolder((std::filesystem::path(checkpoint.dir()).parent_path() / "image-variation").string());
}

}  // namespace

absl::Status RunRandomCheckpoint(const std::vector<std::string>& args) {
  Options options;
  CommandLine command_line(
      "unclip random-checkpoint",
      "Writes a checkpoint with random weights: its pictures are noise, its sizes and speed those of the model.");
  command_line.AddString("like", "NAME", "\"karlo\" (3.7 billion parameters), or a checkpoint folder whose configs to take.",
                         &options.like);
  command_line.AddString("out", "DIR", "The folder to write; new or empty.", &options.out);
  command_line.AddString(
      "variation", "DIR",
      "Write the image-variation half here too, with links to --out; of a folder, the one beside it of that name.",
      &options.variation);
  command_line.AddString("tokenizer", "DIR",
                         "Where to copy tokenizer/ from; needed for karlo, whose files are too large to be built in.",
                         &options.tokenizer);
  command_line.AddChoice("dtype", {"float32", "float16", "bfloat16"}, "Type of the weights.", &options.dtype);
  command_line.AddUint64("seed", "Other seeds give other weights.", &options.seed);
  command_line.Require("like");
  command_line.Require("out");
  ASSIGN_OR_RETURN(const bool proceed, command_line.Parse(args));
  if (!proceed) return absl::OkStatus();

  ASSIGN_OR_RETURN(const CheckpointTemplate text_to_image, TextToImageTemplate(options));
  RandomCheckpointOptions write;
  write.out = options.out;
  write.dtype = DtypeOf(options.dtype);
  write.seed = options.seed.value_or(0);
  write.progress = &std::cerr;
  if (options.variation.empty()) return WriteRandomCheckpoint(write, text_to_image, ComponentSpecs).status();
  ASSIGN_OR_RETURN(const CheckpointTemplate variation, VariationTemplate(options));
  ASSIGN_OR_RETURN(write.shared, WriteRandomCheckpoint(write, text_to_image, ComponentSpecs));
  write.out = options.variation;
  return WriteRandomCheckpoint(write, variation, ComponentSpecs).status();
}

}  // namespace unclip
