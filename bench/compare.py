"""Measures this cluster beside the reference implementation: the same checkpoint, settings, dtype and number of threads.

usage: compare.py [--models shapes32,karlo] [--threads 1,2] [--rounds N] [--dtype float32,bfloat16] [--update-docs] [--require] ...

What is measured, in one run and in turns, so that whatever else the machine does falls on both:
- load: from the start of the process (of Python's interpreter) until it can draw. The first of each is left out: it warms the page cache.
- picture: one picture, prompt to PNG, on processes that have drawn one already, and the stages of it; each round has its own prompt and seed.
- memory: in a run of its own, since sampling costs time: load and two pictures.
- peak: what the machine does at most in a matrix product and in a convolution.
The reference is measured in both memory formats of its convolutions; the faster one stands in the tables.

The model `karlo` has random weights of Karlo's full size. The machine holds only one side of it at a time: they run one after the other, each
once, with few steps; what a picture of all steps takes is extrapolated.

Writes out/bench/comparison-<threads>.json and .md (comparison-<model>-<dtype>-<threads> for others than shapes32 and float32); --update-docs puts
the tables into docs/performance.md as well; --require exits non-zero when the cluster is slower or larger in anything judged.
"""

import argparse
import dataclasses
import functools
import importlib.metadata
import json
import statistics
import sys
import tempfile

import comparison_report
import machine
import measuring
import plans
import process_memory
import stage_report
from cluster import ROOT, UNCLIP, Cluster, load_stubs
from comparison_report import MIB, Row
from reference import Reference

OUT = ROOT / "out/bench"
DOCS = ROOT / "docs/performance.md"
BUSY_LIMIT = 0.1
CLUSTER = "Unclip"


def reference_side(memory_format):
  return f"diffusers ({memory_format})"


def faster_format(measured, formats):
  """The reference's memory format that draws pictures fastest, in the median."""

  def seconds(memory_format):
    return statistics.median(next(iter(measured[reference_side(memory_format)].pictures.values())))

  return min(formats, key=seconds)


def measure(stubs, plan, dtype, threads, formats):
  """What was Measured of the cluster and of each of the reference's formats, by name, and the faster format."""
  checkpoint = str(plan.checkpoint)
  sides = {CLUSTER: functools.partial(Cluster, stubs, checkpoint, threads, dtype)}
  for memory_format in formats:
    sides[reference_side(memory_format)] = functools.partial(Reference, checkpoint, threads, dtype, memory_format)
  measured = {name: measuring.Measured() for name in sides}
  if not plan.together:
    for name, start in sides.items():
      measuring.measure_alone(name, start, plan, measured[name])
    return measured, faster_format(measured, formats)
  measuring.measure_pictures(sides, plan, measured)
  best = faster_format(measured, formats)
  chosen = {name: sides[name] for name in (CLUSTER, reference_side(best))}
  measuring.measure_loads(chosen, plan.loads, measured)
  for name, start in chosen.items():
    measured[name].memory = measuring.measure_memory(start, plan)
  return measured, best


def make_rows(plan, cluster, reference):
  """The rows of the first table."""

  def memory(key):
    return [[side.memory[key] / MIB] for side in (cluster, reference)]

  # Pages that the four processes share are counted four times here.
  resident = [[sum(side.memory["vm_hwm"].values()) / MIB] for side in (cluster, reference)]
  rows = [
      Row(f"picture{stage_report.best_of(count)}", "s", cluster.pictures[count], reference.pictures[count]) for count in plan.candidates
  ]
  # Of those that run one after the other, files that one has read may still be in memory for the next.
  rows.append(Row("load until it can draw", "s", cluster.loads, reference.loads, judged=plan.together))
  if plan.together:
    rows.append(Row("peak memory (PSS)", "MiB", *memory("pss_peak")))
  rows.append(Row("sum of peak resident sets (VmHWM)", "MiB", *resident, judged=not plan.together))
  rows.append(Row("memory when loaded (PSS)", "MiB", *memory("pss_loaded"), judged=False))
  return rows


def describe(result, tables, plan):
  """The tables, and under them what was measured with what."""
  its, steps, threads = result["machine"], plan.settings, result["threads"]
  turns = "taking turns" if plan.together else "one side after the other"
  loads = len(result["measured"][CLUSTER]["loads"])
  return "\n\n".join(tables) + (
      f"\n\n{threads} thread{'s' if threads > 1 else ''}, {result['dtype']}, checkpoint {result['checkpoint']}"
      f" ({result['checkpoint_bytes'] / MIB:.0f} MiB of weights on disk), steps {steps.prior_steps}/{steps.decoder_steps}/"
      f"{steps.super_res_steps}, guidance {steps.prior_guidance:g}/{steps.decoder_guidance:g}; median (least–greatest) of"
      f" {plan.rounds} picture{'s' if plan.rounds > 1 else ''} and {loads} load{'s' if loads > 1 else ''}, {turns};"
      f" the reference's convolutions in its faster memory format, {result['reference_format']}."
      f" {its['cores']} cores of {its['cpu']}, Linux {its['kernel']}, Unclip {its['unclip_commit']}, PyTorch {its['torch']},"
      f" transformers {its['transformers']}, Python {its['python']}; {its['date']}."
  )


def compare(stubs, plan, dtype, threads, options):
  """Measures one plan; returns everything measured, the text for people, and the names of that in which the cluster is worse."""
  busy = process_memory.busy_share()
  print(f"{plan.model}, threads {threads}, {dtype}; the machine is {busy:.0%} busy", flush=True)
  if busy > BUSY_LIMIT:
    print("  warning: something else is running; the numbers will not mean much", flush=True)
  peaks = machine.peak_flops(threads, [dtype])[dtype] if options.peak else {}
  forward_flops = machine.forward_flops(plan.checkpoint)
  formats = plans.REFERENCE_FORMATS if options.reference_format == "best" else (options.reference_format,)
  measured, best = measure(stubs, plan, dtype, threads, formats)
  cluster, reference = measured[CLUSTER], measured[reference_side(best)]
  reference_name = f"diffusers {importlib.metadata.version('diffusers')}"
  rows = make_rows(plan, cluster, reference)
  stages = stage_report.stage_rows(cluster, reference, plan.settings, forward_flops)
  result = {
      "machine": machine.describe(),
      "model": plan.model,
      "threads": threads,
      "dtype": dtype,
      "settings": dataclasses.asdict(plan.settings),
      "checkpoint": plan.checkpoint_name,
      "checkpoint_bytes": plan.checkpoint_bytes,
      "busy_before": busy,
      "reference_format": best,
      "peak_flops": peaks,
      "forward_flops": forward_flops,
      "measured": {name: dataclasses.asdict(side) for name, side in measured.items()},
      "ratios": {row.name: row.ratio for row in rows},
      "stages": [{**dataclasses.asdict(row), "ratio": row.ratio} for row in stages],
  }
  tables = [comparison_report.table(rows, reference_name), stage_report.stage_table(stages, reference_name, peaks)]
  worse = [f"{name} ({plan.model}, {dtype}, {threads} threads)" for name in comparison_report.worse(rows)]
  return result, describe(result, tables, plan), worse


def write(plan, dtype, threads, result, text, update_docs):
  """Writes the files, and the page's section if there is one."""
  OUT.mkdir(parents=True, exist_ok=True)
  stem = plans.file_stem(plan.model, dtype, threads)
  (OUT / f"{stem}.json").write_text(json.dumps(result, indent=2) + "\n")
  (OUT / f"{stem}.md").write_text(text + "\n")
  print(f"\n{text}\n", flush=True)
  if not update_docs:
    return
  section = f"bench {plans.label(plan.model, dtype, threads)}"
  try:
    DOCS.write_text(comparison_report.replace_section(DOCS.read_text(), section, text))
  except ValueError as error:
    # What was measured is not lost for it, and neither is what follows.
    print(f"warning: {DOCS.relative_to(ROOT)} has no place for this: {error}", file=sys.stderr, flush=True)


def read_options():
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  plans.add_options(parser)
  parser.add_argument("--reference-format", choices=("best", *plans.REFERENCE_FORMATS), default="best", help="the reference's memory format")
  parser.add_argument("--no-peak", dest="peak", action="store_false", help="do not measure what the machine does at most")
  parser.add_argument("--update-docs", action="store_true", help=f"put the tables into {DOCS.relative_to(ROOT)}")
  parser.add_argument("--require", action="store_true", help="exit non-zero when the cluster is slower or larger")
  options = parser.parse_args()
  if min(options.rounds, options.loads, options.karlo_rounds) < 1 or options.karlo_warm < 0:
    parser.error("--rounds, --loads and --karlo-rounds must be at least 1, --karlo-warm at least 0")
  if not UNCLIP.exists():
    parser.error(f"{UNCLIP.relative_to(ROOT)} is not there: `bazel build //tools:unclip` first")
  return options


def main():
  options = read_options()
  all_worse = []
  with tempfile.TemporaryDirectory(prefix="unclip-bench-") as folder:
    stubs = load_stubs(folder)
    for plan in plans.make_plans(options):
      if plan.model == "karlo":
        plans.make_karlo(plan.checkpoint)
      for dtype in options.dtype:
        for threads in plan.threads:
          result, text, worse = compare(stubs, plan, dtype, threads, options)
          write(plan, dtype, threads, result, text, options.update_docs)
          all_worse += worse
  if all_worse:
    print(f"The cluster is slower or larger in: {', '.join(all_worse)}")
  else:
    print("The cluster is neither slower nor larger in anything judged.")
  return 1 if all_worse and options.require else 0


if __name__ == "__main__":
  sys.exit(main())
