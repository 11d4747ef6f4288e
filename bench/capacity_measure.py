"""`capacity.py measure`: measures this machine, and writes the profile that scenarios name."""

import asyncio
import json
import subprocess
import sys
import tempfile

import machine
import metrics_reading
from capacity_profile import Lone, make_profile
from cluster import ROOT, ClusterProcess, load_stubs
from load_client import LoadClient
from load_report import OK
from load_schedule import Kind, requests
from process_memory import busy_share

GPU_BENCH = ROOT / "bazel-bin/bench/gpu_bench"
CHECKPOINT = ROOT / "models/shapes32/text-to-image"
STEPS = (25, 25, 7)
PREVIEW_INTERVAL = 5
# Above this much of the machine's time that others use, figures are provisional.
QUIET = 0.1


class MeasurementFailed(Exception):
  """Something that was to be measured did not work; says what."""


def _measure_steps(checkpoint, threads, rounds, folder):
  """Steps of each stage in one process, in batches of one to four pictures a thread."""
  path = f"{folder}/steps.json"
  batches = sorted({1, 2, 3, 4, threads, 2 * threads})
  command = [
      GPU_BENCH, "measure", f"--checkpoint={checkpoint}", f"--threads={threads}", f"--rounds={rounds}",
      f"--batches={','.join(map(str, batches))}", f"--steps={','.join(map(str, STEPS))}", f"--json={path}",
  ]  # fmt: skip
  subprocess.run(command, check=True, stdout=sys.stderr)
  with open(path, encoding="utf-8") as file:
    return json.load(file)


def _read_all(cluster):
  return {name: [metrics_reading.read(address) for address in addresses] for name, addresses in cluster.metrics.items()}


def _sum(all_samples, service, name, **labels):
  return sum(metrics_reading.value(samples, f"unclip_{service}_{name}", **labels) or 0.0 for samples in all_samples[service])


def lone_from_metrics(before, after, latencies):
  """Lone of the pictures that were drawn between two readings of all metrics, which took so long each."""
  count = len(latencies)
  sources = [("gateway", "embed_text"), ("prior", "prior"), ("decoder", "decoder"), ("decoder", "super_res"), ("gateway", "encode")]
  stages = {}
  for service, stage in sources:
    drawn = _sum(after, service, "stage_seconds_count", stage=stage) - _sum(before, service, "stage_seconds_count", stage=stage)
    if drawn != count:
      raise MeasurementFailed(f"{service} counts {drawn:g} times {stage} for {count} pictures")
    seconds = _sum(after, service, "stage_seconds_sum", stage=stage) - _sum(before, service, "stage_seconds_sum", stage=stage)
    stages[stage] = seconds / count
  return Lone(sum(latencies) / count, stages)


async def _draw_alone(stubs, address, pictures, prompts):
  kind = Kind(1, 0, *STEPS)
  async with LoadClient(stubs, address, PREVIEW_INTERVAL, None, None) as client:
    await client.capabilities()
    outcomes = await client.send_closed(requests([0.0] * pictures, [kind], prompts, "capacity"), 1)
  wrong = [outcome.code for outcome in outcomes if outcome.code != OK]
  if wrong:
    raise MeasurementFailed(f"{len(wrong)} of {pictures} pictures came to {wrong[0]}")
  return [outcome.end - outcome.sent for outcome in outcomes]


def _measure_lone(stubs, checkpoint, threads, pictures):
  """Pictures one at a time on a cluster: Lone, seconds of loading, rows of a step."""
  prompts = [f"a large red heart beside {number} small blue stars" for number in range(1000)]
  cluster = ClusterProcess([f"--checkpoint={checkpoint}", f"--threads={threads}"])
  try:
    asyncio.run(_draw_alone(stubs, cluster.address, 2, prompts[:1]))
    before = _read_all(cluster)
    latencies = asyncio.run(_draw_alone(stubs, cluster.address, pictures, prompts[1:]))
    after = _read_all(cluster)
  finally:
    cluster.stop()
  load_seconds = {name: _sum(after, name, "load_seconds") for name in ("clip", "prior", "decoder")}
  rows = {
      stage: int(_sum(after, service, "max_batch_rows", stage=stage))
      for service, stage in (("prior", "prior"), ("decoder", "decoder"), ("decoder", "super_res"))
  }
  return lone_from_metrics(before, after, latencies), load_seconds, rows


def run(options):
  """Measures, writes options.out, returns the exit code."""
  if not GPU_BENCH.exists():
    print("error: bazel build //bench:gpu_bench //tools:unclip first", file=sys.stderr)
    return 2
  busy = busy_share()
  with tempfile.TemporaryDirectory(prefix="unclip-bench-") as folder:
    stubs = load_stubs(folder)
    measured = _measure_steps(options.checkpoint, options.threads, options.rounds, folder)
    lone, load_seconds, rows = _measure_lone(stubs, options.checkpoint, options.threads, options.pictures)
  about = {
      "what": f"{options.checkpoint.parent.name}, {measured['dtype']}, {options.threads} thread(s) a process",
      "machine": machine.describe(packages=("grpcio",)),
      "busy_before": round(busy, 3),
      "lone_picture_seconds": round(lone.seconds, 4),
  }
  if busy > QUIET:
    about["provisional"] = f"the machine was {busy:.0%} busy with other work"
  profile = make_profile(about, measured, options.threads, lone, load_seconds, rows)
  options.out.parent.mkdir(parents=True, exist_ok=True)
  options.out.write_text(json.dumps(profile, indent=1) + "\n")
  print(f"{options.out}: a picture alone takes {lone.seconds:.3f} s; {about.get('provisional', 'the machine was quiet')}")
  return 0
