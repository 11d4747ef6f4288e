"""`capacity.py check`: what the simulator predicts beside what the real cluster does, under the same load."""

import asyncio
import dataclasses
import json
import os
import sys
import tempfile

from capacity_measure import CHECKPOINT, PREVIEW_INTERVAL, STEPS
from cluster import ROOT, ClusterProcess, load_stubs
from load_client import LoadClient
from load_report import OK, summarize_open
from load_schedule import Kind, arrivals, requests
from process_memory import busy_share
from simulator import simulate

PROMPTS = ROOT / "tests/world/prompts-200.json"
# What is compared, as it is called in what the load tells and in what the simulator does.
FIGURES = ("goodput", "mean", "p50", "p95")


@dataclasses.dataclass(frozen=True)
class Comparison:
  """One cluster under one load: figures by name."""

  replicas: int
  rate: float
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
      "deadline_seconds": options.slo,
      "times": times,
      "mix": [{"prior_steps": STEPS[0], "decoder_steps": STEPS[1], "super_res_steps": STEPS[2]}],
      "cores": len(os.sched_getaffinity(0)),
      "prior": {"replicas": replicas},
      "decoder": {"replicas": replicas},
  }


def capacity(options, replicas):
  """Pictures a second that the simulator gets out of so many replicas: what comes when far more is asked for."""
  rate = 4 * replicas / options.alone_seconds
  times = arrivals(rate, options.warm + options.duration, "capacity")
  scenario = scenario_of(options, replicas, times)
  # Nobody is refused for want of places, and late ones are drawn as well.
  scenario |= {"deadline_seconds": 0, "slo_seconds": 1e5, "gateway": {"max_requests": 100_000, "max_pictures": 8 * replicas}}
  return simulate(scenario)["achieved_rate"]


def figures_of(summary):
  """FIGURES of what a load or a simulation tells."""
  return {name: summary["goodput"] if name == "goodput" else summary["latency_seconds"][name] for name in FIGURES}


async def _load(stubs, address, options, times):
  prompts = [entry["prompt"] for entry in json.loads(PROMPTS.read_text())]
  kind = Kind(1, 0, *STEPS)
  async with LoadClient(stubs, address, PREVIEW_INTERVAL, options.slo, None) as client:
    await client.capabilities()
    warm_up = await client.send_closed(requests([0.0] * 4, [kind], prompts, "warm"), 1)
    if any(outcome.code != OK for outcome in warm_up):
      raise RuntimeError(f"the cluster draws nothing: {warm_up[0].code}")
    return await client.send_open(requests(times, [kind], prompts, "check"))


def _compare(stubs, options, replicas):
  rate = options.load * capacity(options, replicas)
  times = arrivals(rate, options.warm + options.duration, "check")
  predicted = simulate(scenario_of(options, replicas, times))
  cluster = ClusterProcess(
      [f"--checkpoint={CHECKPOINT}", f"--threads={options.threads}", f"--prior-replicas={replicas}", f"--decoder-replicas={replicas}"]
  )
  try:
    outcomes = asyncio.run(_load(stubs, cluster.address, options, times))
  finally:
    cluster.stop()
  measured = summarize_open(outcomes, options.slo, (options.warm, options.warm + options.duration))
  return Comparison(replicas, rate, figures_of(measured), figures_of(predicted))


def table(comparisons):
  """A Markdown table: measured, predicted and their ratio, of each figure."""
  lines = [
      "| replicas | requests/s | " + " | ".join(f"{name}: measured, predicted, ratio" for name in FIGURES) + " |",
      "| ---: | ---: |" + " ---: |" * len(FIGURES),
  ]
  for each in comparisons:
    cells = []
    for name in FIGURES:
      ratio = each.ratio(name)
      cells.append("–" if ratio is None else f"{each.measured[name]:.2f}, {each.predicted[name]:.2f}, **{ratio:.2f}**")
    lines.append(f"| {each.replicas} | {each.rate:.2f} | " + " | ".join(cells) + " |")
  return "\n".join(lines)


def run(options):
  """Compares, prints, writes options.out; returns 0 when all goodputs and mean latencies are within options.within."""
  profile = json.loads(options.profile.read_text())
  options.threads = profile["decoder"]["threads"]
  options.alone_seconds = profile["about"]["lone_picture_seconds"]
  busy = busy_share()
  comparisons = []
  with tempfile.TemporaryDirectory(prefix="unclip-bench-") as folder:
    stubs = load_stubs(folder)
    for replicas in options.replicas:
      comparisons.append(_compare(stubs, options, replicas))
      print(f"{replicas} replicas: {comparisons[-1]}", file=sys.stderr, flush=True)
  text = table(comparisons)
  options.out.parent.mkdir(parents=True, exist_ok=True)
  options.out.write_text(text + "\n")
  print(f"\n{text}\n\nThe machine was {busy:.0%} busy before. Aim: goodput and mean within {options.within:.0%}.")
  return 0 if all(each.is_within(options.within) for each in comparisons) else 1
