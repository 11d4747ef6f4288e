"""Judges the reference implementation's pictures: which share is right, with one candidate and with the best of several.

usage: reference_judge.py [--count N] [--repeats N] [--candidates 2] [--out FILE] ...

Draws the prompts of tests/world/prompts-200.json and judges the pictures with tests/world/judge.py. Writes a JSON object: for each count of
candidates, the shares by what was judged ("all": everything right), the mean similarity, and for each the standard error over the pictures.

Prompt i of repeat r has seed --seed + r * prompts + i, and the noise is the one that the cluster draws for that seed: what is compared is the
implementations, picture by picture ("scores" holds each picture's; --pictures saves them), not their luck. With --noise torch it is torch's own;
then only shares can be compared, and --repeats makes their errors smaller.
"""

import argparse
import json
import math
import os
import pathlib
import statistics
import sys
import time

import numpy
import torch

from reference_pipeline import ClusterNoise, ReferencePipeline, TorchNoise, best_of
from settings import Settings

ROOT = pathlib.Path(__file__).resolve().parent.parent


def mean_and_error(values):
  """The mean, and its standard error."""
  mean = statistics.fmean(values)
  return {
      "mean": mean,
      "error": math.sqrt(statistics.variance(values) / len(values)) if len(values) > 1 else math.nan,
      "count": len(values),
  }


def draw(pipeline, prompts, counts, make_noise):
  """For each count of candidates, pictures of the prompts and their similarities; the first candidates are the same in all."""
  text, embeddings = pipeline.embed(prompts)
  candidates = torch.stack([pipeline.sample_prior(text, Settings(), make_noise(sample)) for sample in range(max(counts))])
  drawn = {}
  for count in counts:
    chosen, similarities = best_of(candidates, embeddings, count)
    # The same noise for each count, so that they differ by the candidate alone.
    drawn[count] = pipeline.decode(chosen, text, Settings(), make_noise(0)), similarities.tolist()
  return drawn


def noise_maker(kind, first_seed, count):
  """What makes the noise of `count` prompts, the first of which has `first_seed`, for a sample (a candidate)."""
  if kind == "torch":
    return lambda sample: TorchNoise((first_seed << 8) + sample)
  return lambda sample: ClusterNoise(range(first_seed, first_seed + count), sample)


def judge_all(pipeline, entries, score, options):
  """Lists of scores, similarities and pictures for each count of candidates."""
  counts = sorted({1, options.candidates})
  scores, similarities, all_pictures = ({count: [] for count in counts} for _ in range(3))
  start = time.monotonic()
  for repeat in range(options.repeats):
    for first in range(0, len(entries), options.batch):
      batch = entries[first : first + options.batch]
      make_noise = noise_maker(options.noise, options.seed + repeat * len(entries) + first, len(batch))
      for count, (pictures, values) in draw(pipeline, [entry["prompt"] for entry in batch], counts, make_noise).items():
        scores[count] += [
            {key: float(value) for key, value in score(picture, entry["scene"]).items()} for picture, entry in zip(pictures, batch)
        ]
        similarities[count] += values
        all_pictures[count] += list(pictures)
      done = repeat * len(entries) + first + len(batch)
      print(f"reference: {done}/{options.repeats * len(entries)} prompts, {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
  return scores, similarities, all_pictures


def summarize(scores, similarities):
  """What goes into the file, for one count of candidates."""
  keys = sorted({key for score in scores for key in score})
  shares = {key: mean_and_error([score[key] for score in scores if key in score]) for key in keys}
  return {"shares": shares, "similarity": mean_and_error(similarities), "scores": scores}


def main():
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument("--checkpoint", default=ROOT / "models/shapes32/text-to-image")
  parser.add_argument("--world", type=pathlib.Path, default=ROOT / "tests/world", help="folder of judge.py and world.py")
  parser.add_argument("--prompts", type=pathlib.Path, help="default: prompts-200.json of --world")
  parser.add_argument("--count", type=int, help="the first N prompts only")
  parser.add_argument("--candidates", type=int, default=2)
  parser.add_argument("--repeats", type=int, default=1, help="draw each prompt so many times, with other seeds")
  parser.add_argument("--seed", type=int, default=0)
  parser.add_argument("--noise", choices=["cluster", "torch"], default="cluster", help="whose noise to draw")
  parser.add_argument("--pictures", type=pathlib.Path, help="file (.npz) for the pictures, best_of_N: [all of them, size, size, 3]")
  parser.add_argument("--batch", type=int, default=10)
  parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
  parser.add_argument("--out", type=pathlib.Path, help="default: standard output")
  options = parser.parse_args()
  torch.set_num_threads(options.threads)
  sys.path.insert(0, str(options.world))
  import judge  # pylint: disable=import-outside-toplevel  # its folder is an option

  entries = json.loads((options.prompts or options.world / "prompts-200.json").read_text())[: options.count]
  scores, similarities, pictures = judge_all(ReferencePipeline.load(options.checkpoint), entries, judge.score, options)
  result = {f"best_of_{count}": summarize(scores[count], similarities[count]) for count in scores}
  if options.pictures:
    numpy.savez(options.pictures, **{f"best_of_{count}": numpy.stack(some) for count, some in pictures.items()})
  text = json.dumps({"prompts": len(entries), "repeats": options.repeats, "seed": options.seed, **result}, indent=2)
  if options.out:
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(text + "\n")
  else:
    print(text)


if __name__ == "__main__":
  main()
