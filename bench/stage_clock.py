"""Tells how long each stage of the reference pipeline takes, without changing what it does."""

import time


class StageClock:
  """Times stages (settings.STAGES) that follow one another: each ends where the next begins. `now` is a clock, in seconds."""

  def __init__(self, now=time.perf_counter):
    self._now = now
    self._seconds = {}
    self._stage = None
    self._begin = 0.0

  def start(self, stage):
    """Forgets what was, and begins the first stage."""
    self._seconds = {}
    self._stage, self._begin = stage, self._now()

  def enter(self, stage):
    """Ends the stage that runs, if another does, and begins this one."""
    if stage == self._stage:
      return
    self._end()
    self._stage = stage

  def _end(self):
    now = self._now()
    self._seconds[self._stage] = self._seconds.get(self._stage, 0.0) + now - self._begin
    self._begin = now

  def finish(self):
    """Ends the last stage; returns the seconds of each."""
    self._end()
    self._stage = None
    return self._seconds


def entering(clock, stage, function):
  """`function`, which now begins the stage when it is called."""

  def call(*arguments, **keywords):
    clock.enter(stage)
    return function(*arguments, **keywords)

  return call


def watch(pipeline, clock):
  """Lets the pipeline's own calls begin the stages after embed_text. Nothing is to be called in between but in the pipeline's order."""
  for stage, scheduler in (("prior", pipeline.prior_scheduler), ("super_res", pipeline.super_res_scheduler)):
    scheduler.set_timesteps = entering(clock, stage, scheduler.set_timesteps)
  # The first thing that it does for the decoder is to project the texts.
  pipeline.text_proj.register_forward_pre_hook(lambda *_: clock.enter("decoder"))
  pipeline.numpy_to_pil = entering(clock, "encode", pipeline.numpy_to_pil)
