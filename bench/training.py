"""Compares `unclip train decoder` with the Python recipe, on one model, in one run.

usage: training.py [--model DIR] [--seconds N] [--rounds N] [--threads N] [--batch N]

Both train the base decoder of DIR (models/shapes32: 5.1 million parameters, 32²) in bfloat16, in turn, each in a process of its own. Prints pictures a second
and peak memory of each round, and the ratio of the medians. Needs scripts/setup.sh bench and a build of //tools:unclip_model. On a machine that does nothing else.
"""

import argparse
import csv
import json
import os
import pathlib
import platform
import shutil
import signal
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
UNCLIP_MODEL = ROOT / "bazel-bin/tools/unclip_model"
PYTHON = ROOT / "bench/.venv/bin/python"
# Of a run: loading, and the first steps, which are slower.
WARM_UP_SECONDS = 10


def run_reference(arguments):
  command = [PYTHON, ROOT / "bench/training_reference.py", arguments.model, str(arguments.seconds), str(arguments.batch), str(arguments.threads)]
  return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])


def picture_size(arguments):
  return json.loads((arguments.model / "text-to-image/decoder/config.json").read_text())["sample_size"]


def write_config(folder, arguments):
  """The model's own sizes and weights of CLIP; the decoder's begin at random."""
  out = folder / "out"
  for half in ("text-to-image", "image-variation"):
    shutil.copytree(arguments.model / half, out / half, symlinks=True)
  for component in ("decoder", "text_proj"):
    (out / "text-to-image" / component / "diffusion_pytorch_model.safetensors").unlink(missing_ok=True)
  config = {"template": str(arguments.model), "data": {"kind": "shapes"}, "steps": 1000000, "batch_size": arguments.batch, "picture_size": picture_size(arguments),
            "learning_rate": 1e-4, "precision": "bfloat16", "average_decay": 0.998, "validate_every": 0, "save_every": 1000000}  # fmt: skip
  path = folder / "decoder.json"
  path.write_text(json.dumps(config))
  return path, out


def peak_mib(pid):
  for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
    if line.startswith("VmHWM:"):
      return int(line.split()[1]) / 1024
  raise RuntimeError(f"process {pid} does not tell its peak memory")


def run_ours(arguments):
  with tempfile.TemporaryDirectory() as name:
    config, out = write_config(pathlib.Path(name), arguments)
    command = [UNCLIP_MODEL, "train", "decoder", f"--config={config}", f"--out={out}", f"--threads={arguments.threads}", "--log-seconds=1"]
    environment = {**os.environ, "GOMP_SPINCOUNT": "1000"}
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
      time.sleep(WARM_UP_SECONDS + arguments.seconds)
      peak = peak_mib(process.pid)
      process.send_signal(signal.SIGTERM)
    with open(out / "training/decoder/log.csv", encoding="utf-8") as file:
      rows = list(csv.DictReader(file))
    # One row a second; those of the warm-up do not count.
    rates = [float(row["pictures_per_second"]) for row in rows[-int(arguments.seconds) :]]
    return {"pictures_per_second": statistics.mean(rates), "peak_mib": peak}


def main():
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument("--model", type=pathlib.Path, default=ROOT / "models/shapes32", help="the folder of both halves of a checkpoint")
  parser.add_argument("--seconds", type=int, default=30, help="that each run is measured for (default: 30)")
  parser.add_argument("--rounds", type=int, default=3, help="runs of each (default: 3)")
  parser.add_argument("--threads", type=int, default=2)
  parser.add_argument("--batch", type=int, default=32)
  arguments = parser.parse_args()
  arguments.model = arguments.model.absolute()
  print(f"{platform.machine()}, {os.cpu_count()} cores, {arguments.threads} threads, bfloat16, batches of {arguments.batch}, "
        f"pictures of {picture_size(arguments)}²")
  results = {"reference": [], "unclip": []}
  for _ in range(arguments.rounds):
    for name, run in (("reference", run_reference), ("unclip", run_ours)):
      results[name].append(run(arguments))
      print(f"{name:9}  {results[name][-1]['pictures_per_second']:7.1f} pictures/s  {results[name][-1]['peak_mib']:6.0f} MiB", flush=True)
  for what in ("pictures_per_second", "peak_mib"):
    medians = {name: statistics.median(result[what] for result in each) for name, each in results.items()}
    print(f"{what}: unclip {medians['unclip']:.1f}, reference {medians['reference']:.1f}, ratio {medians['unclip'] / medians['reference']:.2f}")


if __name__ == "__main__":
  main()
