#include "tools/replay/trace.h"

#include <ATen/ops/from_blob.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "model/weights/config_reader.h"

namespace unclip::replay {
namespace {

absl::StatusOr<PipelineCall> ParseCall(const std::string& text, const std::string& path) {
  constexpr double kMaxGuidance = 1e6;
  ASSIGN_OR_RETURN(model::ConfigReader reader, model::ConfigReader::Parse(text, path + ": metadata \"call\""));
  PipelineCall call;
  call.is_variation = reader.Choice("kind", {"text-to-image", "image-variation"}) == "image-variation";
  if (call.is_variation) {
    call.prompts = {""};
  } else {
    // The prompt is a string or a list of them.
    const nlohmann::json parsed = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
    const bool is_one = parsed.contains("prompt") && parsed["prompt"].is_string();
    call.prompts = is_one ? std::vector<std::string>{reader.String("prompt")} : reader.StringList("prompt");
    call.prior_steps = static_cast<int>(reader.Int("prior_steps", 2, 1000, 25));
    call.prior_guidance_scale = reader.Double("prior_guidance_scale", -kMaxGuidance, kMaxGuidance, 4.0);
  }
  call.seed = static_cast<uint64_t>(reader.Int("seed", 0, std::numeric_limits<int64_t>::max()));
  call.images_per_prompt = static_cast<int>(reader.Int("num_images_per_prompt", 1, 1024, 1));
  call.decoder_steps = static_cast<int>(reader.Int("decoder_steps", 2, 1000, 25));
  call.super_res_steps = static_cast<int>(reader.Int("super_res_steps", 2, 1000, 7));
  call.decoder_guidance_scale = reader.Double("decoder_guidance_scale", -kMaxGuidance, kMaxGuidance, 8.0);
  RETURN_IF_ERROR(reader.status());
  return call;
}

at::ScalarType TypeOf(model::Dtype dtype) {
  if (dtype == model::Dtype::kI64) return at::kLong;
  return dtype == model::Dtype::kU8 ? at::kByte : at::kFloat;
}

}  // namespace

absl::StatusOr<Trace> Trace::Open(const std::string& path) {
  Trace trace;
  ASSIGN_OR_RETURN(trace.file_, model::SafetensorsFile::Open(path));
  const auto call = trace.file_->metadata().find("call");
  if (call == trace.file_->metadata().end()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": no trace, as its metadata has no \"call\""));
  }
  ASSIGN_OR_RETURN(trace.call_, ParseCall(call->second, path));
  for (const model::TensorEntry& entry : trace.file_->tensors()) {
    if (entry.dtype == model::Dtype::kF32 || entry.dtype == model::Dtype::kI64 || entry.dtype == model::Dtype::kU8) continue;
    return absl::InvalidArgumentError(absl::StrCat(path, ": tensor \"", entry.name, "\" is ", model::DtypeName(entry.dtype),
                                                   "; a trace holds F32, I64 and U8"));
  }
  if (!trace.Has("image")) return absl::InvalidArgumentError(absl::StrCat(path, ": the trace has no tensor \"image\""));
  if (trace.call_.is_variation && !trace.Has("input_image")) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": the trace of a variation has no tensor \"input_image\""));
  }
  return trace;
}

at::Tensor Trace::Get(const std::string& name) const {
  const model::TensorEntry* entry = file_->Find(name);
  TORCH_CHECK(entry != nullptr, "the trace has no tensor ", name);
  // The clone aligns the data, which the file does not promise to.
  return at::from_blob(const_cast<std::byte*>(entry->data.data()), entry->shape, at::TensorOptions().dtype(TypeOf(entry->dtype)))
      .clone();
}

int Trace::CallCount(const std::string& module) const {
  int count = 0;
  const std::string suffixes[] = {"in.arg0", "in.sample", "in.image_embeddings"};
  const auto has_call = [&](int call) {
    for (const std::string& suffix : suffixes) {
      if (Has(NameOf(module, call, suffix))) return true;
    }
    return false;
  };
  while (has_call(count)) ++count;
  return count;
}

std::string Trace::NameOf(const std::string& module, int call, const std::string& tensor) {
  return absl::StrFormat("%s.%03d.%s", module, call, tensor);
}

}  // namespace unclip::replay
