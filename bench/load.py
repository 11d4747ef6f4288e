"""Puts a load on a running cluster and tells how it bears it.

usage: load.py [--target HOST:PORT] [--rates 0.5,1,2] [--duration S] [--concurrency 1,16] [--requests M] [--mix ...] [--slo S] ...

Open loads (--rate, --rates) send requests at random times (a Poisson process), and never wait for an answer before they send the next: what a
crowd of strangers does. Closed loads (--concurrency) keep so many requests under way: what the cluster can do at most. Both may be asked for;
without either, the rates 0.5, 1 and 2 are sent. What is sent, and when, depends on --seed alone: the same requests at each rate.

Without --target, a cluster is started for it (`unclip up`, with --up-args). Prints a table; writes it with everything measured to --out.
"""

import argparse
import asyncio
import contextlib
import json
import pathlib
import shlex
import sys
import tempfile

import machine
from cluster import ROOT, UNCLIP, ClusterProcess, load_stubs
from load_client import LoadClient
from load_report import OK, row, summarize_closed, summarize_open, table
from load_schedule import DEFAULT_MIX, arrivals, parse_mix, requests
from process_memory import busy_share

PROMPTS = ROOT / "tests/world/prompts-200.json"
OUT = ROOT / "out/bench/load.json"
# Enough for batches to come and go when so many requests are under way.
REQUESTS_PER_CONCURRENCY = 4


class ImpossibleLoad(Exception):
  """The cluster cannot draw what is to be sent."""


def numbers(kind):
  """Reads several numbers with commas between, all above 0."""

  def read(text):
    values = [kind(part) for part in text.split(",")]
    if min(values) <= 0:
      raise ValueError
    return values

  read.__name__ = f"list of {kind.__name__} above 0"
  return read


def read_options():
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument("--target", metavar="HOST:PORT", help="the gateway (default: start a cluster)")
  parser.add_argument("--up-args", default="", help='arguments for `unclip up`, as one string: --up-args="--threads 1"')
  parser.add_argument("--rates", "--rate", type=numbers(float), default=[], help="requests a second, one or several with commas")
  parser.add_argument("--duration", type=float, default=60, help="seconds that each rate is sent, after --warm (default: 60)")
  parser.add_argument("--warm", type=float, default=10, help="seconds that each rate is sent before what counts begins (default: 10)")
  parser.add_argument("--concurrency", type=numbers(int), default=[], help="requests under way, one or several with commas")
  parser.add_argument("--requests", type=int, help=f"requests at each --concurrency (default: {REQUESTS_PER_CONCURRENCY} x the greatest)")
  parser.add_argument("--mix", default=DEFAULT_MIX, help="WEIGHT:SIZE:PRIOR/DECODER/SUPER_RES,... (default: %(default)s)")
  parser.add_argument("--candidates", type=int, help="candidates of each picture (default: the cluster's)")
  parser.add_argument("--slo", type=float, default=10, help="seconds that a picture may take (default: 10)")
  parser.add_argument("--deadline", type=float, help="gRPC deadline of each request in seconds; 0: none (default: --slo; closed loads: none)")
  parser.add_argument("--preview-interval", type=int, default=5, help="steps from preview to preview (default: 5)")
  parser.add_argument("--seed", type=int, default=0)
  parser.add_argument("--prompts", type=pathlib.Path, default=PROMPTS)
  parser.add_argument("--out", type=pathlib.Path, default=OUT)
  options = parser.parse_args()
  try:
    options.kinds = parse_mix(options.mix)
  except ValueError as error:
    parser.error(f"--mix: {error}")
  if not options.rates and not options.concurrency:
    options.rates = [0.5, 1.0, 2.0]
  if options.duration <= 0 or options.slo <= 0 or options.warm < 0:
    parser.error("--duration and --slo must be above 0, --warm at least 0")
  if options.requests is None:
    options.requests = REQUESTS_PER_CONCURRENCY * max(options.concurrency, default=1)
  if not options.target and not UNCLIP.exists():
    parser.error(f"{UNCLIP.relative_to(ROOT)} is not there: `bazel build //tools:unclip` first, or give --target")
  return options


@contextlib.contextmanager
def gateway(options):
  """The address of the gateway: --target's, or that of a cluster that runs as long as this is open."""
  if options.target:
    yield options.target
    return
  cluster = ClusterProcess(shlex.split(options.up_args))
  try:
    yield cluster.address
  finally:
    cluster.stop()


def make_client(stubs, address, options, default_deadline):
  deadline = default_deadline if options.deadline is None else options.deadline or None
  return LoadClient(stubs, address, options.preview_interval, deadline, options.candidates)


def describe(capabilities):
  """What the cluster holds."""
  models = {"clip": capabilities.clip_model, "prior": capabilities.prior_model, "decoder": capabilities.decoder_model}
  return {name: {"checkpoint": model.checkpoint_name, "dtype": model.dtype, "threads": model.thread_count} for name, model in models.items()}


async def warm_up(client, options, prompts):
  """Draws one picture of each kind, so that the first that counts finds nothing cold. Says so when one cannot be drawn."""
  for number, kind in enumerate(options.kinds):
    request = requests([0.0], [kind], prompts, f"{options.seed} warm {number}")
    outcome = (await client.send_closed(request, 1))[0]
    if outcome.code != OK:
      raise ImpossibleLoad(f"a picture of the kind {kind} was answered with {outcome.code}: does the model have that size and those stages?")


async def measure(stubs, address, options):
  """Sends all loads; returns what the cluster holds, and for each load its name, summary and outcomes."""
  prompts = [entry["prompt"] for entry in json.loads(options.prompts.read_text())]
  loads = []

  def done(name, summary, outcomes):
    loads.append((name, summary, outcomes))
    print(f"{name}: {summary['achieved_rate']:.2f} pictures/s, {summary['goodput']:.2f}/s in time", file=sys.stderr, flush=True)

  async with make_client(stubs, address, options, None) as client:
    holds = describe(await client.capabilities())
    await warm_up(client, options, prompts)
    for concurrency in options.concurrency:
      outcomes = await client.send_closed(requests([0.0] * options.requests, options.kinds, prompts, options.seed), concurrency)
      done(f"{concurrency} at a time", summarize_closed(outcomes, options.slo), outcomes)
  async with make_client(stubs, address, options, options.slo) as client:
    for rate in options.rates:
      seconds = options.warm + options.duration
      outcomes = await client.send_open(requests(arrivals(rate, seconds, options.seed), options.kinds, prompts, options.seed))
      done(f"{rate:g} a second", summarize_open(outcomes, options.slo, (options.warm, seconds)), outcomes)
  return holds, loads


def main():
  options = read_options()
  busy = busy_share()
  with tempfile.TemporaryDirectory(prefix="unclip-bench-") as folder:
    stubs = load_stubs(folder)
    with gateway(options) as address:
      try:
        holds, loads = asyncio.run(measure(stubs, address, options))
      except ImpossibleLoad as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
  settings = {key: value for key, value in vars(options).items() if key not in ("kinds", "out", "prompts", "target")}
  result = {
      "machine": machine.describe(packages=("grpcio",)),
      "busy_before": busy,
      "options": settings,
      "cluster": holds,
      "loads": [{"name": name, **summary, "outcomes": [vars(outcome) for outcome in outcomes]} for name, summary, outcomes in loads],
  }
  options.out.parent.mkdir(parents=True, exist_ok=True)
  options.out.write_text(json.dumps(result, indent=1) + "\n")
  text = table([row(name, summary) for name, summary, _ in loads])
  options.out.with_suffix(".md").write_text(text + "\n")
  print(f"\n{text}\n\nIn time: within {options.slo:g} s. {options.mix}; seed {options.seed}; the machine was {busy:.0%} busy before.")
  return 0


if __name__ == "__main__":
  sys.exit(main())
