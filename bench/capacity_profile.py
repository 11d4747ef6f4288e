"""Makes the profile that `unclip simulate` reads of what was measured: steps in one process, and pictures drawn one at a time on a cluster."""

import copy
import dataclasses
import statistics


@dataclasses.dataclass(frozen=True)
class Lone:
  """Pictures that were drawn one at a time on a cluster; seconds a picture.

  stages: embed_text as the gateway sees it; prior, decoder and super_res as their services do; encode in the gateway.
  gateway_core_seconds: what the gateway used of the cores for a picture, whether the picture waited for it or not.
  """

  seconds: float
  stages: dict[str, float]
  gateway_core_seconds: float = 0.0


@dataclasses.dataclass(frozen=True)
class StepTables:
  """Seconds of a step by its rows, {stage: {rows: seconds}}: on all threads, and on one thread while the others do the same."""

  whole: dict[str, dict[int, float]]
  lanes: dict[str, dict[int, float]]


_MODEL_STAGES = ("prior", "decoder", "super_res")
_LEAST_SECONDS = 1e-6


def step_tables(measured, threads):
  """StepTables of what `gpu_bench measure --json` wrote of so many threads: each batch's steps went together, best of its rounds.

  A decoder puts the requests of a step on lanes, one a thread, when their number is a multiple of the threads.
  """
  prior_steps, decoder_steps, super_res_steps = measured["steps"]
  whole = {stage: {} for stage in _MODEL_STAGES}
  lanes = {stage: {} for stage in _MODEL_STAGES[1:]}
  for batch in measured["batches"]:
    pictures = batch["pictures"]
    best = {name: min(each["stages"][name] for each in batch["rounds"]) for name in ("prior", "decoder", "upsampler")}
    whole["prior"][pictures * measured["candidates"] * 2] = best["prior"] / prior_steps
    on_lanes = threads > 1 and pictures % threads == 0
    table, jobs = (lanes, pictures // threads) if on_lanes else (whole, pictures)
    table["decoder"][jobs * 2] = best["decoder"] / decoder_steps
    table["super_res"][jobs] = best["upsampler"] / super_res_steps
  return StepTables(whole, lanes if threads > 1 else {})


def median_picture_seconds(measurements):
  """Median time of a lone picture, all stages together, in the rounds of all the processes that `gpu_bench measure` ran in."""
  rounds = [each for measured in measurements for batch in measured["batches"] if batch["pictures"] == 1 for each in batch["rounds"]]
  return statistics.median(sum(each["stages"].values()) for each in rounds)


def service_factor(stage, tables, lone, steps, rows):
  """How much longer a stage's steps take in a service than in one process: its threads, messages and previews; never less than 1."""
  return max(1.0, lone.stages[stage] / (steps * tables.whole[stage][rows]))


def _scaled(table, factor):
  return {str(rows): round(seconds * factor, 9) for rows, seconds in sorted(table.items())}


def at_speed(profile, factor):
  """The same machine while everything on it takes `factor` times as long. Loading, which no table is about, stays as it was."""
  slower = copy.deepcopy(profile)
  for service in ("clip", "prior", "decoder"):
    for stage in slower[service]["stages"]:
      for table in ("step_seconds", "lane_step_seconds"):
        if table in stage:
          stage[table] = _scaled(stage[table], factor)
  slower["gateway"] = {name: seconds * factor for name, seconds in slower["gateway"].items()}
  for name in ("lone_picture_seconds", "core_seconds", "client_seconds"):
    slower["about"][name] *= factor
  return slower


def make_profile(about, measured, threads, lone, load_seconds, max_rows, crowding=1.0):
  """The profile. load_seconds: by service; max_rows: by stage, None where there is no limit; crowding: median_picture_seconds() while all
  cores work, over that of one process alone."""
  tables = step_tables(measured, threads)
  candidates = measured["candidates"]
  lone_rows = {"prior": candidates * 2, "decoder": 2, "super_res": 1}
  factors = {
      stage: service_factor(stage, tables, lone, steps, lone_rows[stage]) for stage, steps in zip(_MODEL_STAGES, measured["steps"], strict=True)
  }

  def stage(name, **more):
    found = {"name": name, "step_seconds": _scaled(tables.whole[name], factors[name])}
    if name in tables.lanes and tables.lanes[name]:
      found["lane_step_seconds"] = _scaled(tables.lanes[name], factors[name])
    if max_rows.get(name):
      found["max_rows"] = max_rows[name]
    return {**found, **more}

  # What no stage accounts for lies in the calls of prior and decoder; what the gateway says of embed_text has its call in it.
  call = max(0.0, lone.seconds - sum(lone.stages.values())) / 2
  service = {"job_seconds": 0, "threads": threads}
  return {
      "about": {**about, "served_over_engine": {name: round(factor, 3) for name, factor in factors.items()}},
      "crowding": round(crowding, 4),
      "clip": {
          "load_seconds": load_seconds["clip"],
          "threads": threads,
          "stages": [{"name": "embed_text", "step_seconds": {"1": max(_LEAST_SECONDS, lone.stages["embed_text"] - call)}}],
      },
      "prior": {**service, "load_seconds": load_seconds["prior"], "stages": [stage("prior")]},
      "decoder": {**service, "load_seconds": load_seconds["decoder"], "stages": [stage("decoder"), stage("super_res", last_step_apart=True)]},
      "gateway": {
          "picture_seconds": lone.stages["encode"],
          "beside_seconds": round(max(0.0, lone.gateway_core_seconds - lone.stages["encode"]), 6),
          "call_seconds": call,
      },
  }
