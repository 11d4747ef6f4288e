"""Speeds, samplers, guidance intervals and reused features, as a request asks for them."""

import concurrent.futures

import grpc
import pytest

from proto_modules import gateway, sampling

DDIM = sampling.SamplingOptions(sampler=sampling.SAMPLER_DDIM, eta=0.5)
DPM_SOLVER = sampling.SamplingOptions(sampler=sampling.SAMPLER_DPM_SOLVER)
# Leaves the steps, which the tests' requests otherwise set, to the speed.
NO_STEPS = dict(prior_step_count=None, decoder_step_count=None, super_res_step_counts=[])
WAYS = {
    "fast": dict(speed=gateway.SPEED_FAST, **NO_STEPS),
    "balanced": dict(speed=gateway.SPEED_BALANCED, **NO_STEPS),
    "ddim": dict(prior_sampling=DDIM, decoder_sampling=DDIM, super_res_sampling=DDIM),
    "dpm": dict(prior_sampling=DPM_SOLVER, decoder_sampling=DPM_SOLVER, super_res_sampling=DPM_SOLVER),
    "guided in the middle": dict(decoder_sampling=sampling.SamplingOptions(guidance_start=0.2, guidance_end=0.8)),
    "deep features": dict(
        decoder_sampling=sampling.SamplingOptions(deep_feature_interval=2), super_res_sampling=sampling.SamplingOptions(deep_feature_interval=2)
    ),
}


def test_each_way_draws_its_own_picture_whoever_is_beside_it(cluster):
  alone = {name: cluster.picture(**way) for name, way in WAYS.items()}
  assert len({*alone.values(), cluster.picture()}) == len(WAYS) + 1
  with concurrent.futures.ThreadPoolExecutor(len(WAYS)) as pool:
    together = {name: pool.submit(cluster.picture, **way) for name, way in WAYS.items()}
    assert {name: future.result() for name, future in together.items()} == alone


def test_speeds_are_told_and_are_what_they_say(cluster):
  speeds = {preset.speed: preset for preset in cluster.stub.GetCapabilities(gateway.GetCapabilitiesRequest()).speeds}
  assert set(speeds) == {gateway.SPEED_QUALITY, gateway.SPEED_BALANCED, gateway.SPEED_FAST}
  fast = speeds[gateway.SPEED_FAST]
  spelled_out = dict(
      prior_step_count=fast.prior_step_count,
      decoder_step_count=fast.decoder_step_count,
      super_res_step_counts=[fast.super_res_step_count],
      prior_sampling=sampling.SamplingOptions(sampler=fast.prior_sampler),
      decoder_sampling=sampling.SamplingOptions(sampler=fast.decoder_sampler),
      super_res_sampling=sampling.SamplingOptions(sampler=fast.super_res_sampler),
  )
  assert cluster.picture(speed=gateway.SPEED_FAST, **NO_STEPS) == cluster.picture(**spelled_out)
  assert cluster.picture(**NO_STEPS) == cluster.picture(speed=gateway.SPEED_QUALITY, **NO_STEPS)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (dict(speed=9), "speed is 9; it must be SPEED_QUALITY (1), SPEED_BALANCED (2) or SPEED_FAST (3)"),
        (dict(decoder_sampling=sampling.SamplingOptions(guidance_end=1.5)), "decoder_sampling.guidance_end is 1.5; it must be a number from 0 to 1"),
        (dict(prior_sampling=sampling.SamplingOptions(eta=1)), "prior_sampling.eta is 1; it must be 0 unless prior_sampling.sampler is SAMPLER_DDIM"),
        (dict(super_res_sampling=sampling.SamplingOptions(guidance_start=0.5)), "super_res_sampling.guidance_start is 0.5; it must be absent"),
    ],
)
def test_what_cannot_be_is_refused(cluster, fields, message):
  with pytest.raises(grpc.RpcError) as refused:
    cluster.picture(**fields)
  assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT
  assert message in refused.value.details()


def test_a_sampler_that_cannot_take_so_many_steps_says_so(cluster):
  with pytest.raises(grpc.RpcError) as refused:
    cluster.picture(prior_step_count=1000, prior_sampling=DPM_SOLVER)
  assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT
  assert "999" in refused.value.details()
