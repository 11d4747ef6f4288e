"""Makes the profile that `unclip simulate` reads of what was measured: steps in one process, and pictures drawn one at a time on a cluster."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Lone:
  """Pictures that were drawn one at a time on a cluster; seconds a picture.

  stages: embed_text as the gateway sees it; prior, decoder and super_res as their services do; encode in the gateway.
  """

  seconds: float
  stages: dict[str, float]


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


def service_factor(stage, tables, lone, steps, rows):
  """How much longer a stage's steps take in a service than in one process: its threads, messages and previews; never less than 1."""
  return max(1.0, lone.stages[stage] / (steps * tables.whole[stage][rows]))


def _scaled(table, factor):
  return {str(rows): round(seconds * factor, 9) for rows, seconds in sorted(table.items())}


def make_profile(about, measured, threads, lone, load_seconds, max_rows):
  """The profile. load_seconds: by service; max_rows: by stage, None where there is no limit."""
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
      "clip": {
          "load_seconds": load_seconds["clip"],
          "threads": threads,
          "stages": [{"name": "embed_text", "step_seconds": {"1": max(_LEAST_SECONDS, lone.stages["embed_text"] - call)}}],
      },
      "prior": {**service, "load_seconds": load_seconds["prior"], "stages": [stage("prior")]},
      "decoder": {**service, "load_seconds": load_seconds["decoder"], "stages": [stage("decoder"), stage("super_res", last_step_apart=True)]},
      "gateway": {"picture_seconds": lone.stages["encode"], "call_seconds": call},
  }
