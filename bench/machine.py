"""The machine that is measured on: what it is, and what it can do at most."""

import datetime
import importlib.metadata
import json
import os
import pathlib
import platform
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
PACKAGES = ("diffusers", "transformers", "torch", "tokenizers")


def describe(packages=PACKAGES):
  """What the numbers were measured on and with."""
  cpu = next(
      (line.partition(":")[2].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")),
      platform.machine(),
  )
  commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=HERE, check=False, capture_output=True, text=True)
  return {
      "date": datetime.date.today().isoformat(),
      "cpu": cpu,
      "cores": len(os.sched_getaffinity(0)),
      "kernel": platform.release(),
      "python": platform.python_version(),
      "unclip_commit": commit.stdout.strip(),
      **{package: importlib.metadata.version(package) for package in packages},
  }


def _run(script, *arguments, **environment):
  """What a script beside this one prints, read as JSON. In a process of its own, since memory that is shared with this one counts less."""
  command = [sys.executable, HERE / script, *map(str, arguments)]
  result = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment})
  return json.loads(result.stdout)


def peak_flops(threads, dtypes):
  """By dtype, the operations a second of a matrix product ("matmul") and of a convolution."""
  return _run("machine_peak.py", threads, *dtypes, OMP_NUM_THREADS=str(threads))


def forward_flops(checkpoint):
  """By stage, the operations of one forward pass of its network for a batch of one."""
  return _run("flop_count.py", checkpoint)
