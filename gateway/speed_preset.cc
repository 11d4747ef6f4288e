#include "gateway/speed_preset.h"

#include <algorithm>

namespace unclip::gateway {
namespace {

using common::v1::SAMPLER_ANCESTRAL;
using common::v1::SAMPLER_DPM_SOLVER;

// From the tables "Fewer steps, other samplers" of docs/performance.md. Upsamplers keep their steps: with fewer, pictures fall
// apart.
constexpr SpeedPreset kBalanced = {
    .prior = {SAMPLER_DPM_SOLVER, 10}, .decoder = {SAMPLER_ANCESTRAL, 15}, .super_res = {SAMPLER_ANCESTRAL, 7}};
constexpr SpeedPreset kFast = {
    .prior = {SAMPLER_DPM_SOLVER, 4}, .decoder = {SAMPLER_DPM_SOLVER, 8}, .super_res = {SAMPLER_ANCESTRAL, 7}};

void Limit(const SettingRange<int32_t>& range, StagePreset* stage) {
  // A decoder without upsamplers says no range.
  if (range.maximum > 0) stage->step_count = std::clamp(stage->step_count, range.minimum, range.maximum);
}

}  // namespace

absl::Span<const v1::Speed> Speeds() {
  static constexpr v1::Speed kSpeeds[] = {v1::SPEED_QUALITY, v1::SPEED_BALANCED, v1::SPEED_FAST};
  return kSpeeds;
}

SpeedPreset PresetOf(v1::Speed speed, const Capabilities& capabilities) {
  SpeedPreset preset = {.prior = {SAMPLER_ANCESTRAL, capabilities.prior_step_count.default_value},
                        .decoder = {SAMPLER_ANCESTRAL, capabilities.decoder_step_count.default_value},
                        .super_res = {SAMPLER_ANCESTRAL, capabilities.super_res_step_count.default_value}};
  if (speed == v1::SPEED_BALANCED) preset = kBalanced;
  if (speed == v1::SPEED_FAST) preset = kFast;
  Limit(capabilities.prior_step_count, &preset.prior);
  Limit(capabilities.decoder_step_count, &preset.decoder);
  Limit(capabilities.super_res_step_count, &preset.super_res);
  return preset;
}

void AddSpeeds(const Capabilities& capabilities, v1::GetCapabilitiesResponse* proto) {
  for (const v1::Speed speed : Speeds()) {
    const SpeedPreset preset = PresetOf(speed, capabilities);
    v1::SpeedPreset& message = *proto->add_speeds();
    message.set_speed(speed);
    message.set_prior_step_count(preset.prior.step_count);
    message.set_decoder_step_count(preset.decoder.step_count);
    message.set_super_res_step_count(preset.super_res.step_count);
    message.set_prior_sampler(preset.prior.sampler);
    message.set_decoder_sampler(preset.decoder.sampler);
    message.set_super_res_sampler(preset.super_res.sampler);
  }
}

}  // namespace unclip::gateway
