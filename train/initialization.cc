#include "train/initialization.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include <cmath>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

namespace unclip::train {
namespace {

constexpr double kEmbeddingDeviation = 0.02;

// FNV-1a: the same in every process.
uint64_t HashOf(absl::string_view text, uint64_t seed) {
  uint64_t hash = 14695981039346656037ULL ^ seed;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return hash;
}

bool EndsResidualBranch(absl::string_view name) {
  return absl::EndsWith(name, ".conv2.weight") || name == "conv_out.weight" ||
         (absl::StrContains(name, "attentions.") && absl::EndsWith(name, ".to_out.0.weight"));
}

bool IsEmbedding(absl::string_view name) { return absl::StrContains(name, "embedding") && !absl::StrContains(name, "proj"); }

}  // namespace

at::Tensor InitialValue(const model::Parameter& parameter, uint64_t seed) {
  const absl::string_view name = parameter.name;
  const bool is_table = parameter.shape.size() >= 2 && !absl::StrContains(name, "time_embedding");
  if (parameter.shape.size() <= 1 || EndsResidualBranch(name)) {
    const bool is_norm = absl::StrContains(name, "norm") && absl::EndsWith(name, ".weight");
    const bool is_class = absl::EndsWith(name, "class_embedding");
    if (!is_class) return at::full(parameter.shape, is_norm ? 1.0 : 0.0, at::kFloat);
  }
  const at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(HashOf(name, seed));
  at::Tensor value = at::empty(parameter.shape, at::kFloat);
  if (IsEmbedding(name) && (is_table || parameter.shape.size() == 1)) return value.normal_(0, kEmbeddingDeviation, generator);
  const double inputs = static_cast<double>(value.numel()) / static_cast<double>(parameter.shape[0]);
  return value.uniform_(-1 / std::sqrt(inputs), 1 / std::sqrt(inputs), generator);
}

TrainableParameters::Initializer InitialValues(uint64_t seed) {
  return [seed](const model::Parameter& parameter) { return InitialValue(parameter, seed); };
}

}  // namespace unclip::train
