"""How right pictures are, and what they cost, by sampler, steps and savings: what the `speed` presets are chosen from.

usage: sampling.py [--suites prior,decoder,super_res,savings,speeds] [--repeats N] [--dtypes float32,bfloat16] ...

Draws the prompts of tests/world/prompts-200.json on a cluster in each way of bench/sampling_variants.py, with the same seeds, and judges the
pictures with tests/world/judge.py. "attributes" is the share right of all that a prompt asks for (colours, shapes, sizes, places, background);
its change is that from the first variant of the suite, pair by pair, with its standard error: the noise is the same, so chance is smaller than in
the shares. Seconds are of single pictures, one at a time, the variants taking turns; take them on a quiet machine (--timed 0: none).
With several --dtypes the first suite's variants are also compared from type to type, with the mean difference of the pictures' values.
Writes out/bench/sampling.json, and the tables into docs/performance.md with --update-docs.
"""

import argparse
import json
import pathlib
import statistics
import sys
import time

import numpy

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[1:1] = [str(ROOT / "tests/e2e"), str(ROOT / "tests/e2e/right_picture")]
# pylint: disable=wrong-import-position  # their folders are known only now
import comparison_report  # noqa: E402
import machine  # noqa: E402
import sampling_variants  # noqa: E402
import scene_shares  # noqa: E402
from running_cluster import CHECKPOINT, Cluster  # noqa: E402

DOCS = ROOT / "docs/performance.md"
OUT = ROOT / "out/bench/sampling.json"
SHOWN = ("color", "shape", "size", "relation", "background", "all")


def attributes(drawing):
  """The share of what the prompt asks for that is right; "all" follows from the rest."""
  return statistics.fmean(float(value) for key, value in drawing.score.items() if key != "all")


def scores_of(drawing):
  return {key: float(value) for key, value in drawing.score.items()}


def draw_variant(stub, variant, entries, options):
  """Judged pictures of all repeats."""
  drawings = []
  for repeat in range(options.repeats):
    first_seed = options.seed + repeat * len(entries)
    drawings += scene_shares.draw_all(stub, entries, options.candidates, first_seed, options.concurrency, **variant.fields)
  return drawings


def time_variants(stub, variants, entries, options):
  """By variant's key, the seconds of single pictures."""
  seconds = {variant.key(): [] for variant in variants}
  for i in range(options.timed + 1):
    for variant in variants:
      start = time.perf_counter()
      scene_shares.draw(stub, entries[i % len(entries)], options.seed + i, options.candidates, **variant.fields)
      if i > 0:  # the first warms up
        seconds[variant.key()].append(time.perf_counter() - start)
  return seconds


def measure(dtype, variants, options):
  """By variant's key, its drawings and seconds."""
  entries = scene_shares.load_prompts(options.count)
  found = {}
  with Cluster(f"--checkpoint={options.checkpoint}", f"--dtype={dtype}", *options.up_args.split()) as cluster:
    for number, variant in enumerate(variants, 1):
      found[variant.key()] = draw_variant(cluster.stub, variant, entries, options)
      right = statistics.fmean(map(attributes, found[variant.key()]))
      print(f"{dtype} {number}/{len(variants)} {variant.name}: attributes {100 * right:.1f} %", file=sys.stderr, flush=True)
    seconds = time_variants(cluster.stub, variants, entries, options)
  return found, seconds


def change(drawings, baseline):
  """How much more of the attributes is right than in the baseline, in points, and the standard error."""
  share = scene_shares.share(attributes(ours) - attributes(theirs) for ours, theirs in zip(drawings, baseline, strict=True))
  return 100 * share.mean, 100 * share.error


def variant_row(name, drawings, baseline, seconds, baseline_seconds):
  shares = scene_shares.shares(drawings)
  mean, error = change(drawings, baseline)
  cells = [name, f"{100 * statistics.fmean(map(attributes, drawings)):.1f}", "" if drawings is baseline else f"{mean:+.1f} ± {error:.1f}"]
  cells += [f"{100 * shares[key].mean:.1f}" for key in SHOWN]
  if seconds:
    cells += [f"{statistics.median(seconds):.3f}", f"{statistics.median(baseline_seconds) / statistics.median(seconds):.2f} ×"]
  return cells


def suite_table(variants, found, seconds):
  """A Markdown table of one suite."""
  timed = any(seconds.values())
  header = ["", "attributes, %", "change, points", *(f"{key}, %" for key in SHOWN), *(["s a picture", "speed"] if timed else [])]
  baseline = variants[0].key()
  rows = [header, ["---"] + ["---:"] * (len(header) - 1)]
  for variant in variants:
    key = variant.key()
    rows.append(variant_row(variant.name, found[key], found[baseline], seconds[key], seconds[baseline]))
  return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def dtype_table(variants, by_dtype, dtypes):
  """A Markdown table: each type beside the first, variant by variant."""
  rows = [["", "type", "attributes, %", "change, points", "mean difference, /255"], ["---", "---", "---:", "---:", "---:"]]
  for variant in variants:
    baseline = by_dtype[dtypes[0]][variant.key()]
    for dtype in dtypes:
      drawings = by_dtype[dtype][variant.key()]
      right = f"{100 * statistics.fmean(map(attributes, drawings)):.1f}"
      if drawings is baseline:
        rows.append([variant.name, dtype, right, "", ""])
        continue
      mean, error = change(drawings, baseline)
      rows.append([variant.name, dtype, right, f"{mean:+.1f} ± {error:.1f}", f"{pixel_difference(drawings, baseline):.2f}"])
  return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def pixel_difference(drawings, baseline):
  """The median over the pictures of the mean difference of their values."""
  return statistics.median(
      float(numpy.abs(scene_shares.pixels(a.picture).astype(int) - scene_shares.pixels(b.picture)).mean())
      for a, b in zip(drawings, baseline, strict=True)
  )


def footnote(options, dtype):
  its = machine.describe(packages=())
  return (
      f"{options.count or 200} prompts × {options.repeats}, best of {options.candidates}, {dtype}, checkpoint {options.checkpoint.name}"
      f"{f', medians of {options.timed} single pictures' if options.timed else ''}; {its['cores']} cores of {its['cpu']},"
      f" Unclip {its['unclip_commit']}; {its['date']}."
  )


def write_docs(section, text):
  DOCS.write_text(comparison_report.replace_section(DOCS.read_text(), section, text))


def parse_arguments():
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument("--suites", default="prior,decoder,super_res,savings,speeds", help="which, with commas")
  parser.add_argument("--dtypes", default="float32", help="which, with commas")
  parser.add_argument("--checkpoint", type=pathlib.Path, default=CHECKPOINT)
  parser.add_argument("--count", type=int, help="the first N prompts only")
  parser.add_argument("--repeats", type=int, default=1, help="draw each prompt so many times, with other seeds")
  parser.add_argument("--candidates", type=int, default=2)
  parser.add_argument("--seed", type=int, default=0)
  parser.add_argument("--concurrency", type=int, default=2, help="requests at a time")
  parser.add_argument("--up-args", default="", help="more flags of `unclip up`; replicas of one thread draw the most pictures")
  parser.add_argument("--timed", type=int, default=7, help="single pictures of each variant to time")
  parser.add_argument("--update-docs", action="store_true", help=f"put the tables into {DOCS.relative_to(ROOT)}")
  options = parser.parse_args()
  options.suites, options.dtypes = options.suites.split(","), options.dtypes.split(",")
  if unknown := set(options.suites) - set(sampling_variants.SUITES):
    parser.error(f"no such suite: {', '.join(sorted(unknown))}; there are {', '.join(sampling_variants.SUITES)}")
  return options


def main():
  options = parse_arguments()
  suites = {name: sampling_variants.SUITES[name] for name in options.suites}
  variants = list({variant.key(): variant for suite in suites.values() for variant in suite}.values())
  by_dtype, texts, result = {}, {}, {}
  OUT.parent.mkdir(parents=True, exist_ok=True)
  for dtype in options.dtypes:
    by_dtype[dtype], seconds = measure(dtype, variants, options)
    result[dtype] = {
        variant.name: {"fields": variant.fields, "seconds": seconds[variant.key()], "scores": [scores_of(drawing) for drawing in by_dtype[dtype][variant.key()]]}
        for variant in variants
    }
    OUT.write_text(json.dumps(result, indent=1) + "\n")  # whatever comes after, it took long
    suffix = "" if dtype == "float32" else f" {dtype}"
    for name, suite in suites.items():
      texts[f"sampling {name}{suffix}"] = f"{suite_table(suite, by_dtype[dtype], seconds)}\n\n{footnote(options, dtype)}"
  if len(options.dtypes) > 1:
    texts["sampling types"] = f"{dtype_table(suites[options.suites[0]], by_dtype, options.dtypes)}\n\n{footnote(options, ' and '.join(options.dtypes))}"
  for section, text in texts.items():
    print(f"\n{section}\n\n{text}", flush=True)
    if options.update_docs:
      write_docs(section, text)


if __name__ == "__main__":
  main()
