"""What compare.py measures: which checkpoints, with what settings, how often."""

import argparse
import dataclasses
import json
import os
import pathlib
import shutil
import subprocess

from cluster import ROOT, UNCLIP
from settings import Settings

DTYPES = ("float32", "bfloat16")
MODELS = ("shapes32", "karlo")
REFERENCE_FORMATS = ("default", "channels_last")
SHAPES32 = ROOT / "models/shapes32/text-to-image"
KARLO = ROOT / "out/bench/karlo"


@dataclasses.dataclass(frozen=True)
class Plan:
  """A checkpoint, and how it is measured."""

  model: str
  checkpoint: pathlib.Path
  settings: Settings
  # Each count of candidates is measured.
  candidates: tuple[int, ...]
  threads: tuple[int, ...]
  rounds: int
  loads: int
  # Pictures that each side draws before those that count, of each count of candidates.
  warm_pictures: int
  # Whether both sides run at once, and take turns; otherwise one after the other.
  together: bool

  @property
  def checkpoint_name(self):
    return f"{self.checkpoint.parent.name}/{self.checkpoint.name}"

  @property
  def checkpoint_bytes(self):
    return sum(path.stat().st_size for path in self.checkpoint.rglob("*.safetensors"))


def label(model, dtype, threads):
  """What this page's section is called, as in `bench threads=2` and `bench karlo bfloat16 threads=2`, without the `bench`."""
  return " ".join([*([model] if model != MODELS[0] else []), *([dtype] if dtype != DTYPES[0] else []), f"threads={threads}"])


def file_stem(model, dtype, threads):
  """The name of its files, as in comparison-2 and comparison-karlo-bfloat16-2."""
  return "comparison-" + label(model, dtype, threads).replace("threads=", "").replace(" ", "-")


def choices(allowed):
  """Reads several of the allowed words with commas between."""

  def read(text):
    words = tuple(text.split(","))
    for word in words:
      if word not in allowed:
        raise argparse.ArgumentTypeError(f"{word!r} is none of {', '.join(allowed)}")
    return words

  return read


def counts(text):
  """Reads several whole numbers of at least 1 with commas between."""
  try:
    numbers = tuple(int(part) for part in text.split(","))
  except ValueError:
    numbers = (0,)
  if min(numbers) < 1:
    raise argparse.ArgumentTypeError(f"{text!r} is not whole numbers above 0 with commas between")
  return numbers


def steps(text):
  """Reads PRIOR,DECODER,SUPER_RES steps."""
  numbers = counts(text)
  if len(numbers) != 3 or min(numbers) < 2:
    raise argparse.ArgumentTypeError(f"{text!r} is not PRIOR,DECODER,SUPER_RES, each at least 2")
  return Settings(prior_steps=numbers[0], decoder_steps=numbers[1], super_res_steps=numbers[2])


def add_options(parser):
  """The options that make plans."""
  cores = len(os.sched_getaffinity(0))
  add = parser.add_argument
  add("--models", type=choices(MODELS), default=MODELS[:1], help=f"one or several of {','.join(MODELS)} (default: {MODELS[0]})")
  add("--threads", type=counts, default=tuple(sorted({1, cores})), help="one number or several (default: 1 and the number of cores)")
  add("--rounds", type=int, default=7, help="pictures of each side (default: 7)")
  add("--loads", type=int, default=3, help="loads of each side (default: 3)")
  add("--steps", type=steps, default=Settings(), help="steps of prior, decoder and upsampler (default: 25,25,7)")
  add("--candidates", type=counts, default=(1, 2), help="counts of candidates that are measured (default: 1,2)")
  add("--dtype", type=choices(DTYPES), default=DTYPES[:1], help=f"one or several of {','.join(DTYPES)} (default: {DTYPES[0]})")
  add("--checkpoint", type=pathlib.Path, default=SHAPES32, help=f"measured as {MODELS[0]}")
  add("--karlo-dir", type=pathlib.Path, default=KARLO, help="random weights of Karlo's size; made when missing, 7.5 GB (default: out/bench/karlo)")
  add("--karlo-threads", type=counts, default=(cores,), help="as --threads (default: the number of cores)")
  add("--karlo-rounds", type=int, default=1, help="as --rounds (default: 1)")
  add("--karlo-steps", type=steps, default=steps("3,2,2"), help="as --steps; the time of 25,25,7 is extrapolated (default: 3,2,2)")
  add("--karlo-candidates", type=counts, default=(2,), help="as --candidates (default: 2)")
  add("--karlo-warm", type=int, default=0, help="pictures of each side that are left out first (default: 0)")


def make_plans(options):
  """The plans that the options ask for, in order."""
  plans = {
      "shapes32": Plan(
          "shapes32", options.checkpoint.resolve(), options.steps, options.candidates, options.threads,
          rounds=options.rounds, loads=options.loads, warm_pictures=1, together=True,
      ),
      "karlo": Plan(
          "karlo", options.karlo_dir.resolve(), options.karlo_steps, options.karlo_candidates, options.karlo_threads,
          rounds=options.karlo_rounds, loads=1, warm_pictures=options.karlo_warm, together=False,
      ),
  }  # fmt: skip
  return [plans[model] for model in options.models]


def fit_tokenizer(folder):
  """Lets the tokenizer make as many tokens as the text encoder takes: a checkpoint of Karlo's size borrows that of a smaller model."""
  file = folder / "tokenizer/tokenizer_config.json"
  config = json.loads(file.read_text())
  length = json.loads((folder / "text_encoder/config.json").read_text())["max_position_embeddings"]
  if config.get("model_max_length") != length:
    file.write_text(json.dumps({**config, "model_max_length": length}, indent=2) + "\n")


def make_karlo(folder):
  """Writes a checkpoint of Karlo's size, unless it is there. One that is half written is not taken for one."""
  if not (folder / "model_index.json").exists():
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.parent.mkdir(parents=True, exist_ok=True)
    print(f"writing random weights of Karlo's size into {folder} ...", flush=True)
    command = [UNCLIP, "random-checkpoint", "--like=karlo", f"--out={partial}", f"--tokenizer={SHAPES32 / 'tokenizer'}"]
    subprocess.run(command, cwd=ROOT, check=True)
    partial.rename(folder)
  fit_tokenizer(folder)
