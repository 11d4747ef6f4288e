"""Tests of stage_clock."""

import pathlib
import sys
import types

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import stage_clock  # pylint: disable=wrong-import-position


class FakeTime:
  def __init__(self):
    self.seconds = 100.0

  def __call__(self):
    return self.seconds


def test_each_stage_ends_where_the_next_begins():
  time = FakeTime()
  clock = stage_clock.StageClock(time)
  clock.start("embed_text")
  time.seconds += 1
  clock.enter("prior")
  time.seconds += 2
  # Once more, as a loop may.
  clock.enter("prior")
  time.seconds += 3
  clock.enter("decoder")
  time.seconds += 4
  assert clock.finish() == {"embed_text": 1, "prior": 5, "decoder": 4}


def test_start_forgets_what_was():
  time = FakeTime()
  clock = stage_clock.StageClock(time)
  clock.start("embed_text")
  time.seconds += 1
  clock.finish()
  clock.start("prior")
  time.seconds += 2
  assert clock.finish() == {"prior": 2}


def test_watched_pipeline_begins_its_stages_by_its_own_calls():
  time = FakeTime()
  clock = stage_clock.StageClock(time)
  hooks = []

  def takes(seconds, result=None):
    def call(*_, **__):
      time.seconds += seconds
      return result

    return call

  pipeline = types.SimpleNamespace(
      prior_scheduler=types.SimpleNamespace(set_timesteps=takes(1)),
      super_res_scheduler=types.SimpleNamespace(set_timesteps=takes(2)),
      text_proj=types.SimpleNamespace(register_forward_pre_hook=hooks.append),
      numpy_to_pil=takes(3, "picture"),
  )
  stage_clock.watch(pipeline, clock)
  clock.start("embed_text")
  time.seconds += 10
  pipeline.prior_scheduler.set_timesteps(25, device="cpu")
  hooks[0]("module", "inputs")
  time.seconds += 20
  pipeline.super_res_scheduler.set_timesteps(7)
  assert pipeline.numpy_to_pil("array") == "picture"
  assert clock.finish() == {"embed_text": 10, "prior": 1, "decoder": 20, "super_res": 2, "encode": 3}
