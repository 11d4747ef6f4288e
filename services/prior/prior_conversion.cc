#include "services/prior/prior_conversion.h"

#include "base/status_macros.h"
#include "common/conditioning/conditioning_conversion.h"
#include "common/sampling/sampling_check.h"
#include "common/validation/field_check.h"
#include "services/sampling/sampling_conversion.h"

namespace unclip::prior {

absl::StatusOr<SamplePriorInput> ToSamplePriorInput(const v1::SamplePriorRequest& request, const PriorModelInfo& info) {
  SamplePriorInput input;
  input.candidate_count = request.has_candidate_count() ? request.candidate_count() : kDefaultCandidateCount;
  input.step_count = request.has_step_count() ? request.step_count() : info.step_count.default_value;
  input.guidance_scale = request.has_guidance_scale() ? request.guidance_scale() : kDefaultGuidanceScale;
  input.seed = request.seed();
  RETURN_IF_ERROR(CheckIntRange("candidate_count", input.candidate_count, 1, kMaxCandidateCount));
  RETURN_IF_ERROR(CheckIntRange("step_count", input.step_count, info.step_count.minimum, info.step_count.maximum));
  RETURN_IF_ERROR(CheckDoubleRange("guidance_scale", input.guidance_scale, 0, kMaxGuidanceScale));
  RETURN_IF_ERROR(CheckSamplingOptions("sampling", request.sampling(), {.has_guidance = true, .has_deep_features = false}));
  input.sampling = ToStageSampling(request.sampling());

  const ConditioningShape shape = {
      .embedding_dim = info.embedding_dim, .context_length = info.context_length, .hidden_dim = info.hidden_dim};
  ASSIGN_OR_RETURN(input.text, TextConditioningFromProto("text", request.text(), shape));
  if (input.guidance_scale > 1) {
    ASSIGN_OR_RETURN(input.negative_text, TextConditioningFromProto("negative_text", request.negative_text(), shape));
  }
  return input;
}

v1::GetModelInfoResponse ToModelInfoResponse(const PriorModelInfo& info) {
  v1::GetModelInfoResponse response;
  common::v1::ModelInfo& model = *response.mutable_model();
  model.set_checkpoint_name(info.checkpoint_name);
  model.set_fingerprint(info.fingerprint);
  model.set_parameter_count(info.parameter_count);
  model.set_dtype(info.dtype);
  model.set_thread_count(info.thread_count);
  response.set_embedding_dim(info.embedding_dim);
  response.set_context_length(info.context_length);
  response.set_hidden_dim(info.hidden_dim);
  common::v1::Int32Range& steps = *response.mutable_step_count();
  steps.set_minimum(info.step_count.minimum);
  steps.set_maximum(info.step_count.maximum);
  steps.set_default_value(info.step_count.default_value);
  response.mutable_guidance_scale()->set_maximum(kMaxGuidanceScale);
  response.mutable_guidance_scale()->set_default_value(kDefaultGuidanceScale);
  common::v1::Int32Range& candidates = *response.mutable_candidate_count();
  candidates.set_minimum(1);
  candidates.set_maximum(kMaxCandidateCount);
  candidates.set_default_value(kDefaultCandidateCount);
  return response;
}

}  // namespace unclip::prior
