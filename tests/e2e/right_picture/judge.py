"""Whether a prompt becomes the right picture: draws the prompts of tests/world on a running cluster, with one candidate and with the best of
two, judges the pictures, and compares the shares with those of the reference pipeline on the same weights.

usage: judge.py [--count N] [--repeats N] [--reference] [--target HOST:PORT] ...

Starts a cluster of its own without --target. With --reference it runs bench/reference_judge.py, whose environment `scripts/setup.sh bench`
makes; it draws the same prompts with the same noise, so pictures are compared pair by pair. Exits with 1 when a share lies further than 2 points
from the reference's, or when the best of two is worse than one candidate by more than twice its standard error.
--repeats draws every prompt so many times and makes the errors smaller.
"""

import argparse
import contextlib
import json
import math
import pathlib
import subprocess
import sys
import tempfile

import numpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
# pylint: disable=wrong-import-position  # their folder is known only now
import scene_shares  # noqa: E402
from proto_modules import ROOT, gateway_grpc  # noqa: E402
from running_cluster import CHECKPOINT, Cluster, connect  # noqa: E402

ALLOWED_DIFFERENCE = 0.02
# A difference beyond twice its standard error is hardly chance.
ERRORS_ALLOWED = 2


@contextlib.contextmanager
def open_stub(options):
  if options.target:
    with connect(options.target) as channel:
      yield gateway_grpc.ImageGenerationServiceStub(channel)
    return
  threads = [f"--threads={options.threads}"] if options.threads else []
  with Cluster(f"--checkpoint={options.checkpoint}", *threads) as cluster:
    yield cluster.stub


def draw_cluster(options, entries):
  """For each number of candidates, the drawings of all repeats."""
  drawings = {1: [], options.candidates: []}
  total = len(drawings) * options.repeats * len(entries)
  with open_stub(options) as stub:
    for repeat in range(options.repeats):
      for candidates, found in drawings.items():
        before = sum(len(other) for other in drawings.values())

        def on_done(done, before=before):
          if done % 20 == 0:
            print(f"cluster: {before + done}/{total} pictures", file=sys.stderr, flush=True)

        found += scene_shares.draw_all(
            stub, entries, candidates, options.seed + repeat * len(entries), options.concurrency, on_done=on_done
        )
  return drawings


def run_reference(options):
  """What bench/reference_judge.py says of the reference pipeline, and its pictures for each number of candidates."""
  with tempfile.TemporaryDirectory() as folder:
    out = pathlib.Path(folder) / "reference.json"
    pictures = pathlib.Path(folder) / "pictures.npz"
    command = [
        ROOT / "bench/.venv/bin/python", ROOT / "bench/reference_judge.py", f"--checkpoint={options.checkpoint}", f"--out={out}",
        f"--pictures={pictures}",
        f"--count={options.count or 200}", f"--repeats={options.repeats}", f"--candidates={options.candidates}", f"--seed={options.seed}",
        *([f"--threads={options.threads}"] if options.threads else []),
    ]  # fmt: skip
    subprocess.run(command, check=True)
    with numpy.load(pictures) as saved:
      return json.loads(out.read_text()), {candidates: saved[f"best_of_{candidates}"] for candidates in (1, options.candidates)}


def exceeds_chance(change):
  # Without an error (a single picture) nothing can be said, which must not pass for a success.
  return math.isnan(change.error) or abs(change.mean) > ERRORS_ALLOWED * change.error


def compare_with_reference(drawings, reference):
  """Prints a table for each number of candidates; returns what is off."""
  faults = []
  for candidates, some in drawings.items():
    print(f"\nbest of {candidates}: share right, this cluster, the reference, and the difference by pairs (± standard error)")
    theirs = reference[f"best_of_{candidates}"]["scores"]
    for key in scene_shares.KEYS:
      pairs = [(float(ours.score[key]), float(their[key])) for ours, their in zip(some, theirs, strict=True) if key in ours.score]
      change = scene_shares.share(ours - their for ours, their in pairs)
      off = math.isnan(change.error) or abs(change.mean) > ALLOWED_DIFFERENCE
      faults += [f"best of {candidates}, {key}: {100 * change.mean:+.1f} points"] if off else []
      shares = [scene_shares.share(side).mean for side in zip(*pairs)]
      print(
          f"  {key:<11}{shares[0]:6.3f}  {shares[1]:6.3f}   {100 * change.mean:+5.1f} ±{100 * change.error:.1f} points"
          f"   ({sum(ours != their for ours, their in pairs)} of {len(pairs)} pairs differ){'   OFF' if off else ''}"
      )
  return faults


def compare_pixels(drawings, pictures):
  """Says how near the cluster's pictures are to the reference's of the same noise."""
  for candidates, some in drawings.items():
    distances = [
        numpy.abs(scene_shares.pixels(ours.picture).astype(int) - theirs) for ours, theirs in zip(some, pictures[candidates], strict=True)
    ]
    means = sorted(float(distance.mean()) for distance in distances)
    near = [float((distance <= 1).mean()) for distance in distances]
    print(
        f"best of {candidates}: of all values {100 * sum(near) / len(near):.2f} % lie within 1/255 of the reference's; pictures with at least "
        f"99.5 % such values: {sum(share >= 0.995 for share in near)} of {len(near)}; mean difference: median {means[len(means) // 2]:.4f}/255, "
        f"greatest {means[-1]:.2f}/255"
    )


def print_shares(found, similarities):
  print("share right, this cluster (± standard error)")
  print("  " + " " * 11 + "".join(f"  best of {candidates:<7}" for candidates in found))
  keys = list(next(iter(found.values())))
  for key in keys:
    print(f"  {key:<11}" + "".join(f"  {shares[key].mean:.3f} ±{shares[key].error:.3f}  " for shares in found.values()))
  print(f"  {'similarity':<11}" + "".join(f"  {value.mean:.3f} ±{value.error:.3f}  " for value in similarities.values()))


def best_of_is_worse(drawings, candidates):
  """What the best of several does worse than one candidate. The prompts and seeds are the same, so pairs are compared."""
  faults = []
  for key in scene_shares.KEYS:
    pairs = [
        float(best.score[key]) - float(one.score[key])
        for one, best in zip(drawings[1], drawings[candidates], strict=True)
        if key in one.score
    ]
    change = scene_shares.share(pairs)
    if change.mean < 0 and exceeds_chance(change):
      faults.append(f"best of {candidates} is worse than one candidate in {key}: {100 * change.mean:+.1f} points")
  return faults


def parse_arguments():
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument("--target", help="a running gateway, HOST:PORT; without it a cluster is started")
  parser.add_argument("--checkpoint", type=pathlib.Path, default=CHECKPOINT)
  parser.add_argument("--count", type=int, help="the first N prompts only")
  parser.add_argument("--repeats", type=int, default=1, help="draw each prompt so many times, with other seeds")
  parser.add_argument("--candidates", type=int, default=2, help="beside one candidate, the best of so many")
  parser.add_argument("--seed", type=int, default=0)
  parser.add_argument("--concurrency", type=int, default=2, help="requests at a time")
  parser.add_argument("--threads", type=int, help="threads of each service, and of the reference")
  parser.add_argument("--reference", action="store_true", help="run the reference pipeline as well, and compare")
  parser.add_argument("--out", type=pathlib.Path, help="JSON file for the shares")
  parser.add_argument("--grid", type=pathlib.Path, help="PNG file for the pictures of the best of several")
  options = parser.parse_args()
  if options.candidates < 2 or options.repeats < 1 or (options.count is not None and options.count < 2):
    parser.error("--candidates and --count must be 2 or more, --repeats 1 or more")
  return options


def main():
  options = parse_arguments()
  drawings = draw_cluster(options, scene_shares.load_prompts(options.count))
  found = {candidates: scene_shares.shares(some) for candidates, some in drawings.items()}
  similarities = {candidates: scene_shares.share(d.similarity for d in some) for candidates, some in drawings.items()}
  print_shares(found, similarities)
  faults = best_of_is_worse(drawings, options.candidates)
  result = {f"best_of_{candidates}": {key: vars(value) for key, value in shares.items()} for candidates, shares in found.items()}
  if options.reference:
    reference, pictures = run_reference(options)
    faults += compare_with_reference(drawings, reference)
    compare_pixels(drawings, pictures)
    result["reference"] = reference
  if options.out:
    options.out.write_text(json.dumps(result | {"faults": faults}, indent=2) + "\n")
  if options.grid:
    scene_shares.grid(drawings[options.candidates]).save(options.grid)
  print()
  for fault in faults:
    print(f"FAILED {fault}")
  print("failed" if faults else "passed")
  return 1 if faults else 0


if __name__ == "__main__":
  sys.exit(main())
