"""Measures this cluster beside the reference implementation: the same checkpoint, settings, dtype and number of threads.

usage: compare.py [--threads 1,2] [--rounds N] [--loads N] [--dtype float32] [--checkpoint DIR] [--update-docs] [--require]

What is measured, in one run and in turns, so that whatever else the machine does falls on both:
- load: from the start of the process (of Python's interpreter) until it can draw. The first of each is left out: it warms the page cache.
- picture: one picture, prompt to PNG, on processes that have drawn one already; each round has its own prompt and seed.
- memory: in a run of its own, since sampling costs time: load and two pictures.

Writes out/bench/comparison-<threads>.json and .md; --update-docs puts the tables into docs/performance.md as well; --require exits non-zero
when the cluster is slower or larger in anything judged.
"""

import argparse
import dataclasses
import datetime
import importlib.metadata
import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import time

import comparison_report
import process_memory
from cluster import UNCLIP, Cluster, load_stubs
from comparison_report import MIB, Row
from reference import Reference

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUT = ROOT / "out/bench"
DOCS = ROOT / "docs/performance.md"
PROMPTS = [
    "a large red heart above a small blue star on a white background",
    "a small green circle to the left of a large yellow square on a gray background",
    "a large purple ring on a cyan background",
    "a small orange triangle below a large white cross on a black background",
    "a large blue diamond to the right of a small black circle on a pink background",
]
# Lets worker threads of the side that was measured last stop spinning.
PAUSE_SECONDS = 0.5
BUSY_LIMIT = 0.1


@dataclasses.dataclass(frozen=True)
class Settings:
  """Steps and guidance scales of a picture: the reference's defaults."""

  prior_steps: int = 25
  decoder_steps: int = 25
  super_res_steps: int = 7
  prior_guidance: float = 4.0
  decoder_guidance: float = 8.0


def in_turns(round_index, sides):
  """The sides, the one that goes first changing from round to round."""
  items = list(sides.items())
  return items if round_index % 2 == 0 else items[::-1]


def measure_loads(sides, count):
  """Load times of each side: count of them, after one that is left out."""
  seconds = {name: [] for name in sides}
  for i in range(count + 1):
    for name, start in in_turns(i, sides):
      side = start()
      side.stop()
      if i > 0:
        seconds[name].append(side.load_seconds)
        print(f"  load {i}/{count} {name}: {side.load_seconds:.2f} s", flush=True)
  return seconds


def measure_pictures(sides, settings, rounds):
  """Picture times of each side."""
  seconds = {name: [] for name in sides}
  running = {}
  try:
    for name, start in sides.items():
      running[name] = start()
      running[name].draw(PROMPTS[0], 1, settings)
    for i in range(rounds):
      for name, side in in_turns(i, running):
        time.sleep(PAUSE_SECONDS)
        taken, file = side.draw(PROMPTS[i % len(PROMPTS)], 100 + i, settings)
        if not file.startswith(b"\x89PNG"):
          raise RuntimeError(f"{name} drew no PNG")
        seconds[name].append(taken)
        print(f"  picture {i + 1}/{rounds} {name}: {taken:.2f} s", flush=True)
  finally:
    for side in running.values():
      side.stop()
  return seconds


def measure_memory(start, settings):
  """Memory of one side, in bytes: peak PSS, PSS when loaded, and the sum of the processes' VmHWM."""
  samplers = []
  side = start(on_start=lambda find: samplers.append(process_memory.PeakPss(find)))
  try:
    loaded = sum(map(process_memory.pss_bytes, side.processes))
    for i in range(2):
      side.draw(PROMPTS[i], i, settings)
    return {
        "pss_peak": samplers[0].stop(),
        "pss_loaded": loaded,
        "vm_hwm": {str(pid): process_memory.peak_rss_bytes(pid) for pid in side.processes},
    }
  finally:
    samplers[0].stop()
    side.stop()


def machine():
  """What the numbers were measured on and with."""
  cpu = next(
      (line.partition(":")[2].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")),
      platform.machine(),
  )
  commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, check=False, capture_output=True, text=True)
  packages = ("diffusers", "transformers", "torch", "tokenizers")
  return {
      "date": datetime.date.today().isoformat(),
      "cpu": cpu,
      "cores": len(os.sched_getaffinity(0)),
      "kernel": platform.release(),
      "python": platform.python_version(),
      "unclip_commit": commit.stdout.strip(),
      **{package: importlib.metadata.version(package) for package in packages},
  }


def folder_bytes(folder):
  return sum(path.stat().st_size for path in pathlib.Path(folder).rglob("*.safetensors"))


def compare(stubs, threads, options):
  """Measures with so many threads; returns everything measured and the rows of the table."""
  settings = Settings()
  checkpoint = str(pathlib.Path(options.checkpoint).resolve())
  reference_name = f"diffusers {importlib.metadata.version('diffusers')}"
  sides = {
      "Unclip": lambda **more: Cluster(stubs, checkpoint, threads, options.dtype, **more),
      reference_name: lambda **more: Reference(checkpoint, threads, options.dtype, **more),
  }
  busy = process_memory.busy_share()
  print(f"threads {threads}, {options.dtype}; the machine is {busy:.0%} busy", flush=True)
  if busy > BUSY_LIMIT:
    print("  warning: something else is running; the numbers will not mean much", flush=True)
  loads = measure_loads(sides, options.loads)
  pictures = measure_pictures(sides, settings, options.rounds)
  memory = {name: measure_memory(start, settings) for name, start in sides.items()}

  def row(label, unit, values, judged=True):
    return Row(label, unit, values("Unclip"), values(reference_name), judged)

  rows = [
      row("picture", "s", pictures.get),
      row("load until it can draw", "s", loads.get),
      row("peak memory (PSS)", "MiB", lambda name: [memory[name]["pss_peak"] / MIB]),
      # Pages that the four processes share are counted four times here.
      row("sum of peak resident sets (VmHWM)", "MiB", lambda name: [sum(memory[name]["vm_hwm"].values()) / MIB], judged=False),
      row("memory when loaded (PSS)", "MiB", lambda name: [memory[name]["pss_loaded"] / MIB], judged=False),
  ]
  result = {
      "machine": machine(),
      "threads": threads,
      "dtype": options.dtype,
      "settings": dataclasses.asdict(settings),
      "checkpoint": pathlib.Path(checkpoint).parent.name + "/" + pathlib.Path(checkpoint).name,
      "checkpoint_bytes": folder_bytes(checkpoint),
      "busy_before": busy,
      "load_seconds": loads,
      "picture_seconds": pictures,
      "memory_bytes": memory,
      "ratios": {entry.name: entry.ratio for entry in rows},
  }
  return result, rows, reference_name


def describe(result, rows, reference_name):
  """The table, and under it what it was measured with."""
  its, steps = result["machine"], result["settings"]
  return (
      f"{comparison_report.table(rows, reference_name)}\n\n"
      f"{result['threads']} thread{'s' if result['threads'] > 1 else ''}, {result['dtype']}, checkpoint {result['checkpoint']}"
      f" ({result['checkpoint_bytes'] / MIB:.0f} MiB of weights on disk), steps {steps['prior_steps']}/{steps['decoder_steps']}/"
      f"{steps['super_res_steps']}, guidance {steps['prior_guidance']:g}/{steps['decoder_guidance']:g}, one candidate; median (least–greatest) of"
      f" {len(rows[0].cluster)} pictures and {len(rows[1].cluster)} loads. {its['cores']} cores of {its['cpu']}, Linux {its['kernel']},"
      f" Unclip {its['unclip_commit']}, PyTorch {its['torch']}, transformers {its['transformers']}, Python {its['python']}; {its['date']}."
  )


def main():
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument("--threads", default=None, help="one number or several with commas (default: 1 and the number of cores)")
  parser.add_argument("--rounds", type=int, default=7, help="pictures of each side (default: 7)")
  parser.add_argument("--loads", type=int, default=3, help="loads of each side (default: 3)")
  parser.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32")
  parser.add_argument("--checkpoint", default=ROOT / "models/shapes32/text-to-image")
  parser.add_argument("--update-docs", action="store_true", help=f"put the tables into {DOCS.relative_to(ROOT)}")
  parser.add_argument("--require", action="store_true", help="exit non-zero when the cluster is slower or larger")
  options = parser.parse_args()
  if options.rounds < 1 or options.loads < 1:
    parser.error("--rounds and --loads must be at least 1")
  if not UNCLIP.exists():
    parser.error(f"{UNCLIP.relative_to(ROOT)} is not there: `bazel build //tools:unclip` first")
  cores = len(os.sched_getaffinity(0))
  counts = [int(text) for text in options.threads.split(",")] if options.threads else sorted({1, cores})

  worse = []
  with tempfile.TemporaryDirectory(prefix="unclip-bench-") as folder:
    stubs = load_stubs(folder)
    for threads in counts:
      result, rows, reference_name = compare(stubs, threads, options)
      text = describe(result, rows, reference_name)
      OUT.mkdir(parents=True, exist_ok=True)
      (OUT / f"comparison-{threads}.json").write_text(json.dumps(result, indent=2) + "\n")
      (OUT / f"comparison-{threads}.md").write_text(text + "\n")
      if options.update_docs:
        DOCS.write_text(comparison_report.replace_section(DOCS.read_text(), f"bench threads={threads}", text))
      print(f"\n{text}\n", flush=True)
      worse += [f"{name} ({threads} threads)" for name in comparison_report.worse(rows)]
  print(f"The cluster is slower or larger in: {', '.join(worse)}" if worse else "The cluster is neither slower nor larger in anything judged.")
  return 1 if worse and options.require else 0


if __name__ == "__main__":
  sys.exit(main())
