#include "tools/checkpoint_inspection.h"

#include <filesystem>
#include <memory>

#include "absl/container/flat_hash_set.h"
#include "model/weights/checkpoint_parameter_source.h"
#include "model/weights/weight_store.h"

namespace unclip {
namespace {

using model::Dtype;

bool IsWeight(Dtype dtype) { return dtype == Dtype::kF32 || dtype == Dtype::kF16 || dtype == Dtype::kBF16; }

void Summarize(const model::WeightStore& store, ComponentInspection& result) {
  for (const auto& file : store.files()) {
    result.files.push_back(std::filesystem::path(file->path()).filename().string());
    result.tensor_count += file->tensors().size();
    for (const model::TensorEntry& tensor : file->tensors()) ++result.types[std::string(model::DtypeName(tensor.dtype))];
  }
  result.parameter_count = store.parameter_count();
  result.byte_count = store.byte_count();
}

void Compare(const std::vector<model::TensorSpec>& specs, const model::WeightStore& store, ComponentInspection& result) {
  absl::flat_hash_set<std::string> asked;
  for (const model::TensorSpec& spec : specs) {
    asked.insert(spec.name);
    const model::WeightStore::Weight weight = store.Find(spec.name);
    if (!weight) {
      result.missing.push_back(spec);
    } else if (weight.entry->shape != spec.shape) {
      result.mismatched.push_back({spec.name, model::ShapeText(spec.shape), model::ShapeText(weight.entry->shape)});
    } else if (!IsWeight(weight.entry->dtype)) {
      result.mismatched.push_back({spec.name, "F32, F16 or BF16", std::string(model::DtypeName(weight.entry->dtype))});
    }
  }
  for (const std::string& name : store.names()) {
    if (!asked.contains(name) && !model::IsHarmlessBuffer(name)) result.unknown.push_back(name);
  }
}

ComponentInspection InspectComponent(const model::Checkpoint& checkpoint, const model::Checkpoint::Component& component,
                                     const SpecsFunction& specs_of) {
  ComponentInspection result;
  result.name = component.name;
  result.class_name = component.class_name;
  const absl::StatusOr<std::string> dir = checkpoint.ComponentDir(component.name);
  if (!dir.ok()) {
    result.errors.emplace_back(dir.status().message());
    return result;
  }
  result.dir = *dir;
  const absl::StatusOr<std::vector<model::TensorSpec>> specs = specs_of(checkpoint, component.name);
  if (!specs.ok()) result.errors.emplace_back(specs.status().message());
  if (specs.ok() && specs->empty()) return result;  // has no weights
  const auto store = model::WeightStore::Open(*dir);
  if (!store.ok()) {
    // Whether there should be weights is only known with the specs.
    if (specs.ok() || !absl::IsNotFound(store.status())) result.errors.emplace_back(store.status().message());
    return result;
  }
  Summarize(**store, result);
  if (specs.ok()) Compare(*specs, **store, result);
  return result;
}

}  // namespace

size_t CheckpointInspection::problem_count() const {
  size_t count = 0;
  for (const ComponentInspection& component : components) count += component.problem_count();
  return count;
}

CheckpointInspection InspectCheckpoint(const model::Checkpoint& checkpoint, const SpecsFunction& specs) {
  CheckpointInspection result;
  result.dir = checkpoint.dir();
  result.pipeline_class = checkpoint.pipeline_class();
  for (const model::Checkpoint::Component& component : checkpoint.components()) {
    result.components.push_back(InspectComponent(checkpoint, component, specs));
  }
  return result;
}

}  // namespace unclip
