"""`capacity.py measure`: measures this machine, and writes the profile that scenarios name."""

import asyncio
import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import machine
import metrics_reading
import process_cpu
from capacity_profile import Lone, make_profile, median_picture_seconds
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


def _run_steps(checkpoint, threads, rounds, batches, processes=1):
  """What `gpu_bench measure` says of each of so many processes that run at the same time."""
  with tempfile.TemporaryDirectory(prefix="unclip-bench-") as folder:
    paths = [pathlib.Path(folder) / f"{number}.json" for number in range(processes)]
    command = [
        GPU_BENCH, "measure", f"--checkpoint={checkpoint}", f"--threads={threads}", f"--rounds={rounds}",
        f"--batches={','.join(map(str, batches))}", f"--steps={','.join(map(str, STEPS))}",
    ]  # fmt: skip
    running = [subprocess.Popen([*command, f"--json={path}"], stdout=sys.stderr) for path in paths]
    if any([process.wait() for process in running]):
      raise MeasurementFailed("gpu_bench measure failed; it says why above")
    return [json.loads(path.read_text()) for path in paths]


def _measure_crowding(checkpoint, threads, rounds):
  """How much longer a picture takes in a process while others like it use all the other cores, over that of one alone; at least 1."""
  processes = len(os.sched_getaffinity(0)) // threads
  if processes < 2:
    return 1.0
  alone = median_picture_seconds(_run_steps(checkpoint, threads, rounds, [1]))
  return max(1.0, median_picture_seconds(_run_steps(checkpoint, threads, rounds, [1], processes)) / alone)


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
  """Pictures one at a time on a cluster: Lone, seconds of loading, rows of a step, core seconds of the cluster and of its client for a picture."""
  prompts = [f"a large red heart beside {number} small blue stars" for number in range(1000)]
  cluster = ClusterProcess([f"--checkpoint={checkpoint}", f"--threads={threads}"])
  try:
    asyncio.run(_draw_alone(stubs, cluster.address, 2, prompts[:1]))
    gateway = process_cpu.find(cluster.processes, "gateway")
    before, client_before = _read_all(cluster), time.process_time()
    cpu_before, all_before = process_cpu.cpu_seconds(gateway), process_cpu.sum_seconds(cluster.processes)
    latencies = asyncio.run(_draw_alone(stubs, cluster.address, pictures, prompts[1:]))
    cpu, all_cpu = process_cpu.cpu_seconds(gateway) - cpu_before, process_cpu.sum_seconds(cluster.processes) - all_before
    client = time.process_time() - client_before
    after = _read_all(cluster)
  finally:
    cluster.stop()
  load_seconds = {name: _sum(after, name, "load_seconds") for name in ("clip", "prior", "decoder")}
  rows = {
      stage: int(_sum(after, service, "max_batch_rows", stage=stage))
      for service, stage in (("prior", "prior"), ("decoder", "decoder"), ("decoder", "super_res"))
  }
  lone = dataclasses.replace(lone_from_metrics(before, after, latencies), gateway_core_seconds=cpu / pictures)
  return lone, load_seconds, rows, (all_cpu / pictures, client / pictures)


def run(options):
  """Measures, writes options.out, returns the exit code."""
  if not GPU_BENCH.exists():
    print("error: bazel build //bench:gpu_bench //tools:unclip first", file=sys.stderr)
    return 2
  busy = busy_share()
  batches = sorted({1, 2, 3, 4, options.threads, 2 * options.threads})
  with tempfile.TemporaryDirectory(prefix="unclip-bench-") as folder:
    stubs = load_stubs(folder)
    (measured,) = _run_steps(options.checkpoint, options.threads, options.rounds, batches)
    crowding = _measure_crowding(options.checkpoint, options.threads, options.rounds)
    lone, load_seconds, rows, (core_seconds, client) = _measure_lone(stubs, options.checkpoint, options.threads, options.pictures)
  about = {
      "what": f"{options.checkpoint.parent.name}, {measured['dtype']}, {options.threads} thread(s) a process",
      "machine": machine.describe(packages=("grpcio",)),
      "busy_before": round(busy, 3),
      "lone_picture_seconds": round(lone.seconds, 4),
      "core_seconds": round(core_seconds, 4),
      "client_seconds": round(client, 4),
  }
  if busy > QUIET:
    about["provisional"] = f"the machine was {busy:.0%} busy with other work"
  profile = make_profile(about, measured, options.threads, lone, load_seconds, rows, crowding)
  options.out.parent.mkdir(parents=True, exist_ok=True)
  options.out.write_text(json.dumps(profile, indent=1) + "\n")
  print(f"{options.out}: a picture alone takes {lone.seconds:.3f} s; {about.get('provisional', 'the machine was quiet')}")
  return 0
