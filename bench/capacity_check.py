"""`capacity.py check`: what the simulator predicts beside what the real cluster does, under the same load."""

import asyncio
import dataclasses
import json
import os
import pathlib
import sys
import tempfile

import process_cpu
from capacity_measure import CHECKPOINT, PREVIEW_INTERVAL, STEPS
from capacity_profile import at_speed
from cluster import ROOT, ClusterProcess, load_stubs
from load_client import LoadClient
from load_report import OK, summarize_open
from load_schedule import Kind, arrivals, requests
from process_memory import busy_share
from simulator import simulate

KIND = Kind(1, 0, *STEPS)
PROMPTS = ROOT / "tests/world/prompts-200.json"
# What is compared, as it is called in what the load tells and in what the simulator does.
FIGURES = ("goodput", "mean", "p50", "p95")


@dataclasses.dataclass(frozen=True)
class Comparison:
  """One cluster under one load: figures by name.

  slower: core seconds a picture took, over those when the profile was measured.
  """

  replicas: int
  rate: float
  slower: float
  measured: dict[str, float]
  predicted: dict[str, float]

  def ratio(self, figure):
    """What was measured over what was predicted; None where there is nothing to compare."""
    if not self.predicted[figure] or self.measured[figure] is None:
      return None
    return self.measured[figure] / self.predicted[figure]

  def is_within(self, share, figures=("goodput", "mean")):
    """Whether these figures differ from what was predicted by no more than `share` of it."""
    ratios = [self.ratio(figure) for figure in figures]
    return all(ratio is not None and abs(ratio - 1) <= share for ratio in ratios)


def scenario_of(options, replicas, times):
  """The scenario of a local cluster with so many priors and decoders, whose requests arrive at these times."""
  return {
      "name": f"check, {replicas} replicas",
      "profile": str(options.profile.resolve()),
      "seconds": options.warm + options.duration,
      "warm_seconds": options.warm,
      "slo_seconds": options.slo,
      "times": times,
      "mix": [{"prior_steps": STEPS[0], "decoder_steps": STEPS[1], "super_res_steps": STEPS[2]}],
      "cores": len(os.sched_getaffinity(0)),
      "client_seconds": options.client_seconds,
      "prior": {"replicas": replicas},
      "decoder": {"replicas": replicas},
  }


def capacity(options, replicas):
  """Pictures a second that the simulator gets out of so many replicas: what comes when far more is asked for."""
  rate = 4 * replicas / options.alone_seconds
  times = arrivals(rate, options.warm + options.duration, "capacity")
  scenario = scenario_of(options, replicas, times)
  # Nobody is refused for want of places.
  scenario |= {"slo_seconds": 1e5, "gateway": {"max_requests": 100_000, "max_pictures": 8 * replicas}}
  return simulate(scenario)["achieved_rate"]


def figures_of(summary):
  """FIGURES of what a load or a simulation tells."""
  return {name: summary["goodput"] if name == "goodput" else summary["latency_seconds"][name] for name in FIGURES}


async def _load(stubs, cluster, options, times):
  """What became of the requests, and the core seconds that the cluster used for each."""
  prompts = [entry["prompt"] for entry in json.loads(PROMPTS.read_text())]
  async with LoadClient(stubs, cluster.address, PREVIEW_INTERVAL, None, None) as client:
    await client.capabilities()
    await client.send_closed(requests([0.0] * 4, [KIND], prompts, "warm"), 1)
    before = process_cpu.sum_seconds(cluster.processes)
    outcomes = await client.send_open(requests(times, [KIND], prompts, "check"))
    core_seconds = (process_cpu.sum_seconds(cluster.processes) - before) / len(outcomes)
  wrong = [outcome.code for outcome in outcomes if outcome.code != OK]
  if wrong:
    raise RuntimeError(f"{len(wrong)} of {len(outcomes)} pictures came to {wrong[0]}")
  return outcomes, core_seconds


def profile_of_run(profile, core_seconds):
  """The profile as it was while a cluster used so many core seconds for a picture.

  The machine's speed changes from minute to minute with what its host does, and near a cluster's capacity a few percent make a great difference.
  What cores lose when all of them work is in these seconds already.
  """
  return at_speed(profile, core_seconds / profile["about"]["core_seconds"]) | {"crowding": 1}


def _compare(stubs, options, replicas):
  profile = json.loads(options.measured_profile.read_text())
  options.profile.write_text(json.dumps(profile))
  rate = options.load * capacity(options, replicas)
  times = arrivals(rate, options.warm + options.duration, "check")
  cluster = ClusterProcess(
      [f"--checkpoint={CHECKPOINT}", f"--threads={options.threads}", f"--prior-replicas={replicas}", f"--decoder-replicas={replicas}"]
  )
  try:
    outcomes, core_seconds = asyncio.run(_load(stubs, cluster, options, times))
  finally:
    cluster.stop()
  options.profile.write_text(json.dumps(profile_of_run(profile, core_seconds)))
  predicted = simulate(scenario_of(options, replicas, times))
  measured = summarize_open(outcomes, options.slo, (options.warm, options.warm + options.duration))
  slower = core_seconds / profile["about"]["core_seconds"]
  return Comparison(replicas, rate, slower, figures_of(measured), figures_of(predicted))


def table(comparisons):
  """A Markdown table: measured, predicted and their ratio, of each figure."""
  lines = [
      "| replicas | requests/s | core seconds a picture, over the profile's | " + " | ".join(f"{name}: measured, predicted, ratio" for name in FIGURES) + " |",
      "| ---: | ---: | ---: |" + " ---: |" * len(FIGURES),
  ]
  for each in comparisons:
    cells = []
    for name in FIGURES:
      ratio = each.ratio(name)
      cells.append("–" if ratio is None else f"{each.measured[name]:.2f}, {each.predicted[name]:.2f}, **{ratio:.2f}**")
    lines.append(f"| {each.replicas} | {each.rate:.2f} | {each.slower:.2f} | " + " | ".join(cells) + " |")
  return "\n".join(lines)


def run(options):
  """Compares, prints, writes options.out; returns 0 when all goodputs and mean latencies are within options.within."""
  profile = json.loads(options.profile.read_text())
  options.threads = profile["decoder"]["threads"]
  options.alone_seconds = profile["about"]["lone_picture_seconds"]
  options.client_seconds = profile["about"]["client_seconds"]
  options.measured_profile = options.profile
  busy = busy_share()
  comparisons = []
  with tempfile.TemporaryDirectory(prefix="unclip-bench-") as folder:
    options.profile = pathlib.Path(folder) / "profile.json"
    stubs = load_stubs(folder)
    for replicas in options.replicas:
      comparisons.append(_compare(stubs, options, replicas))
      print(comparisons[-1], file=sys.stderr, flush=True)
  text = table(comparisons)
  options.out.parent.mkdir(parents=True, exist_ok=True)
  options.out.write_text(text + "\n")
  print(f"\n{text}\n\nThe machine was {busy:.0%} busy before. Aim: goodput and mean within {options.within:.0%}.")
  return 0 if all(each.is_within(options.within) for each in comparisons) else 1
