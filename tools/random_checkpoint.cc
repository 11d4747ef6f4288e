#include "tools/random_checkpoint.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <numeric>
#include <ostream>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/atomic_file.h"
#include "base/status_macros.h"
#include "model/weights/safetensors_writer.h"
#include "tools/byte_text.h"
#include "tools/random_weights.h"

namespace unclip {
namespace {

namespace fs = std::filesystem;

constexpr absl::string_view kIndexFile = "model_index.json";
constexpr size_t kChunkBytes = 4 << 20;

struct Plan {
  std::string name;
  std::string path;  // of the weight file
  std::vector<model::TensorSpec> specs;
  uint64_t byte_count = 0;
};

uint64_t ElementCount(const model::TensorSpec& spec) {
  return static_cast<uint64_t>(std::accumulate(spec.shape.begin(), spec.shape.end(), int64_t{1}, std::multiplies<>()));
}

absl::Status MakeEmptyFolder(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return absl::ErrnoToStatus(error.value(), absl::StrCat(path, ": cannot be made"));
  if (!fs::is_empty(path, error)) return absl::AlreadyExistsError(absl::StrCat(path, ": is not empty; name a new folder"));
  return absl::OkStatus();
}

absl::Status WriteFile(const std::string& path, absl::string_view content) {
  std::error_code error;
  fs::create_directories(fs::path(path).parent_path(), error);
  return WriteFileAtomically(path, content);
}

// Makes `out`/`component` a relative link, so that both checkpoints can be moved together.
absl::Status LinkComponent(const std::string& out, const model::Checkpoint& shared, const std::string& component) {
  ASSIGN_OR_RETURN(const std::string target, shared.ComponentDir(component));
  std::error_code error;
  const fs::path from = fs::canonical(out, error);
  if (!error) fs::create_directory_symlink(fs::path(target).lexically_relative(from), fs::path(out) / component, error);
  if (error) return absl::ErrnoToStatus(error.value(), absl::StrCat(out, "/", component, ": cannot be linked"));
  return absl::OkStatus();
}

// Writes everything but weights; `own` lists the components that are not links.
absl::StatusOr<model::Checkpoint> WriteConfigs(const RandomCheckpointOptions& options,
                                               const CheckpointTemplate& checkpoint_template,
                                               std::vector<model::Checkpoint::Component>& own) {
  const auto index = checkpoint_template.files.find(std::string(kIndexFile));
  if (index == checkpoint_template.files.end()) return absl::InvalidArgumentError("the template has no model_index.json");
  RETURN_IF_ERROR(WriteFile(absl::StrCat(options.out, "/", kIndexFile), index->second));
  ASSIGN_OR_RETURN(model::Checkpoint checkpoint, model::Checkpoint::Open(options.out));
  for (const model::Checkpoint::Component& component : checkpoint.components()) {
    const auto* const shared = options.shared.has_value() ? options.shared->Find(component.name) : nullptr;
    if (shared != nullptr && shared->class_name == component.class_name) {
      RETURN_IF_ERROR(LinkComponent(options.out, *options.shared, component.name));
      continue;
    }
    own.push_back(component);
    for (const auto& [path, content] : checkpoint_template.files) {
      if (absl::StartsWith(path, component.name + "/")) RETURN_IF_ERROR(WriteFile(absl::StrCat(options.out, "/", path), content));
    }
  }
  return checkpoint;
}

absl::StatusOr<std::vector<Plan>> PlanWeights(const RandomCheckpointOptions& options, const model::Checkpoint& checkpoint,
                                              const std::vector<model::Checkpoint::Component>& components,
                                              const SpecsFunction& specs_of) {
  std::vector<Plan> plans;
  for (const model::Checkpoint::Component& component : components) {
    ASSIGN_OR_RETURN(std::vector<model::TensorSpec> specs, specs_of(checkpoint, component.name));
    if (specs.empty()) continue;
    // The names that the two libraries of the reference give their weight files.
    const absl::string_view file =
        component.library == "transformers" ? "model.safetensors" : "diffusion_pytorch_model.safetensors";
    Plan plan{
        .name = component.name, .path = absl::StrCat(options.out, "/", component.name, "/", file), .specs = std::move(specs)};
    for (const model::TensorSpec& spec : plan.specs) plan.byte_count += ElementCount(spec) * model::DtypeSize(options.dtype);
    plans.push_back(std::move(plan));
  }
  return plans;
}

absl::Status CheckRoom(const std::string& out, const std::vector<Plan>& plans) {
  uint64_t needed = 0;
  for (const Plan& plan : plans) needed += plan.byte_count;
  std::error_code error;
  const fs::space_info space = fs::space(out, error);
  if (!error && space.available < needed) {
    return absl::ResourceExhaustedError(
        absl::StrCat(out, ": needs ", ByteText(needed), ", but the disk has ", ByteText(space.available), " left"));
  }
  return absl::OkStatus();
}

absl::Status WriteWeights(const Plan& plan, const RandomCheckpointOptions& options) {
  std::vector<model::SafetensorsWriter::Declaration> declarations;
  for (const model::TensorSpec& spec : plan.specs) declarations.push_back({spec.name, options.dtype, spec.shape});
  ASSIGN_OR_RETURN(const auto writer, model::SafetensorsWriter::Create(plan.path, declarations, {{"format", "pt"}}));
  std::vector<std::byte> chunk(kChunkBytes);
  for (const model::TensorSpec& spec : plan.specs) {
    RandomWeights weights(spec, options.dtype, options.seed);
    for (uint64_t left = ElementCount(spec) * model::DtypeSize(options.dtype); left > 0;) {
      const absl::Span<std::byte> piece = absl::MakeSpan(chunk).subspan(0, std::min<uint64_t>(left, kChunkBytes));
      weights.Fill(piece);
      RETURN_IF_ERROR(writer->Append(piece));
      left -= piece.size();
    }
  }
  return writer->Close();
}

}  // namespace

absl::StatusOr<model::Checkpoint> WriteRandomCheckpoint(const RandomCheckpointOptions& options,
                                                        const CheckpointTemplate& checkpoint_template,
                                                        const SpecsFunction& specs) {
  RETURN_IF_ERROR(MakeEmptyFolder(options.out));
  std::vector<model::Checkpoint::Component> own;
  ASSIGN_OR_RETURN(model::Checkpoint checkpoint, WriteConfigs(options, checkpoint_template, own));
  ASSIGN_OR_RETURN(const std::vector<Plan> plans, PlanWeights(options, checkpoint, own, specs));
  RETURN_IF_ERROR(CheckRoom(options.out, plans));
  for (const Plan& plan : plans) {
    if (options.progress != nullptr) {
      *options.progress << absl::StrFormat("%-16s %4d tensors  %s\n", plan.name, plan.specs.size(), ByteText(plan.byte_count))
                        << std::flush;
    }
    RETURN_IF_ERROR(WriteWeights(plan, options));
  }
  return checkpoint;
}

}  // namespace unclip
