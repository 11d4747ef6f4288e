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

WORKER = pathlib.Path(__file__).resolve().parent / "reference_worker.py"


class Reference:
  """Runs the worker until stop(). load_seconds is the time from the interpreter's start until the pipeline could draw.

  on_start is called, before it has loaded, with a function that names its processes.
  """

  def __init__(self, checkpoint, threads, dtype, on_start=lambda find: None):
    # Nothing is fetched: the checkpoint is a folder.
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error"}
    self._errors = tempfile.TemporaryFile(mode="w+")
    start = time.perf_counter()
    self._process = subprocess.Popen(
        [sys.executable, WORKER, checkpoint, str(threads), dtype],
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

  def draw(self, prompt, seed, settings):
    """Draws one picture; returns how long it took, in seconds, and the file's bytes."""
    request = {"prompt": prompt, "seed": seed, **dataclasses.asdict(settings)}
    self._process.stdin.write(json.dumps(request) + "\n")
    self._process.stdin.flush()
    line = self._process.stdout.readline()
    if not line:
      raise self._failure("ended")
    answer = json.loads(line)
    return answer["seconds"], base64.b64decode(answer["png"])

  def stop(self):
    self._process.stdin.close()
    try:
      self._process.wait(timeout=60)
    except subprocess.TimeoutExpired:
      self._process.kill()
      self._process.wait()
    self._process.stdout.close()
    self._errors.close()
