"""The reference implementation (diffusers' UnCLIPPipeline), run in a process of its own."""

import base64
import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

from settings import Drawing

WORKER = pathlib.Path(__file__).resolve().parent / "reference_worker.py"


class Reference:
  """Runs the worker until stop(). load_seconds is the time from the interpreter's start until the pipeline could draw.

  memory_format (default or channels_last) is that of its convolutions' weights. on_start is called, before it has loaded, with a function
  that names its processes.
  """

  def __init__(self, checkpoint, threads, dtype, memory_format="default", on_start=lambda find: None):
    # Nothing is fetched: the checkpoint is a folder.
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error"}
    self._errors = tempfile.TemporaryFile(mode="w+")
    start = time.perf_counter()
    self._process = subprocess.Popen(
        [sys.executable, WORKER, checkpoint, str(threads), dtype, memory_format],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, text=True, env=environment,
    )  # fmt: skip
    on_start(lambda: self.processes)
    line = self._process.stdout.readline()
    self.load_seconds = time.perf_counter() - start
    if line.strip() != "ready":
      raise self._failure("did not start")

  def _failure(self, what):
    self._errors.seek(0)
    return RuntimeError(f"the reference {what}: {self._errors.read().strip()[-2000:]}")

  @property
  def processes(self):
    """The id of its process, in a list."""
    return [self._process.pid]

  def draw(self, prompt, seed, settings, candidates=1):
    """Draws one picture, the best of so many candidates."""
    request = {"prompt": prompt, "seed": seed, "candidates": candidates, **dataclasses.asdict(settings)}
    self._process.stdin.write(json.dumps(request) + "\n")
    self._process.stdin.flush()
    line = self._process.stdout.readline()
    if not line:
      raise self._failure("ended")
    answer = json.loads(line)
    return Drawing(answer["seconds"], base64.b64decode(answer["png"]), answer["stages"])

  def stop(self):
    self._process.stdin.close()
    try:
      self._process.wait(timeout=60)
    except subprocess.TimeoutExpired:
      self._process.kill()
      self._process.wait()
    self._process.stdout.close()
    self._errors.close()
