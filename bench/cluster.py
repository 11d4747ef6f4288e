"""A cluster on this machine (`unclip up`), and a client for it."""

import contextlib
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

import grpc
import grpc_tools.protoc

from settings import Drawing

ROOT = pathlib.Path(__file__).resolve().parent.parent
UNCLIP = ROOT / "bazel-bin/tools/unclip"
MAX_MESSAGE_BYTES = 64 << 20
CHANNEL_OPTIONS = [("grpc.max_receive_message_length", MAX_MESSAGE_BYTES)]
PICTURE_TIMEOUT_SECONDS = 6 * 3600


def load_stubs(folder):
  """Generates the gateway's Python stubs into `folder`; returns the modules of its messages and of its stubs."""
  protos = sorted(str(path.relative_to(ROOT / "proto")) for path in (ROOT / "proto/unclip").glob("**/*.proto"))
  include = pathlib.Path(grpc_tools.__file__).parent / "_proto"
  status = grpc_tools.protoc.main(
      ["protoc", f"-I{ROOT / 'proto'}", f"-I{include}", f"--python_out={folder}", f"--grpc_python_out={folder}", *protos]
  )
  if status != 0:
    raise RuntimeError("protoc failed; see above")
  sys.path.insert(0, str(folder))
  # pylint: disable=import-outside-toplevel  # they exist only now
  from unclip.gateway.v1 import image_generation_service_pb2, image_generation_service_pb2_grpc

  return image_generation_service_pb2, image_generation_service_pb2_grpc


def stage_name(timing):
  """The name (of STAGES) of a StageTiming's stage."""
  names = timing.DESCRIPTOR.fields_by_name["stage"].enum_type.values_by_number
  return names[timing.stage].name.removeprefix("STAGE_").lower()


class ClusterProcess:
  """Runs `unclip up` with the arguments until stop(). `address` is the gateway's, `http` that of its HTTP side, `metrics` has those of all
  processes' metrics: {"gateway": [HOST:PORT], "prior": [HOST:PORT, ...], ...}.

  load_seconds is the time from the start of the command until all four processes were SERVING. on_start is called, before it has loaded,
  with a function that names its processes.
  """

  def __init__(self, arguments, on_start=lambda find: None):
    self._logs = tempfile.TemporaryDirectory(prefix="unclip-bench-")
    command = [UNCLIP, "up", "--listen=127.0.0.1:0", "--http-listen=127.0.0.1:0", f"--log-dir={self._logs.name}", *arguments]
    self._errors = tempfile.TemporaryFile(mode="w+")
    start = time.perf_counter()
    self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=self._errors, text=True)
    on_start(lambda: self.processes)
    line = self._process.stdout.readline()
    self.load_seconds = time.perf_counter() - start
    address = re.search(r"^ready grpc=(\S+) http=(\S+)", line)
    if not address:
      self._end()
      self._errors.seek(0)
      raise RuntimeError(f"the cluster did not start ({line.strip()!r}): {self._errors.read().strip()[-2000:]}")
    self.address = address[1]
    self.http = address[2]
    words = dict(word.split("=", 1) for word in line.split()[1:])
    self.metrics = {name: words[f"{name}_metrics"].split(",") for name in ("clip", "prior", "decoder")} | {"gateway": [words["metrics"]]}

  @property
  def processes(self):
    """The ids of the four processes; that of the command that watches over them is not among them."""
    pid = self._process.pid
    children = pathlib.Path(f"/proc/{pid}/task").glob("*/children")
    found = []
    for file in children:
      # A thread may end between the listing and the reading.
      with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        found += file.read_text().split()
    return sorted(map(int, found))

  def _end(self):
    self._process.send_signal(signal.SIGTERM)
    try:
      self._process.wait(timeout=60)
    except subprocess.TimeoutExpired:
      self._process.kill()
      self._process.wait()
    self._process.stdout.close()

  def stop(self):
    self._end()
    self._errors.close()
    self._logs.cleanup()


class Cluster(ClusterProcess):
  """The four processes with one checkpoint, and a client."""

  def __init__(self, stubs, checkpoint, threads, dtype, on_start=lambda find: None):
    super().__init__([f"--checkpoint={checkpoint}", f"--threads={threads}", f"--dtype={dtype}"], on_start)
    self._messages, services = stubs
    self._channel = grpc.insecure_channel(self.address, options=CHANNEL_OPTIONS)
    self._stub = services.ImageGenerationServiceStub(self._channel)

  def draw(self, prompt, seed, settings, candidates=1):
    """Draws one picture, the best of so many candidates."""
    request = self._messages.GenerateImageRequest(
        prompt=prompt,
        seed=seed,
        image_count=1,
        candidate_count=candidates,
        prior_step_count=settings.prior_steps,
        decoder_step_count=settings.decoder_steps,
        super_res_step_counts=[settings.super_res_steps],
        prior_guidance_scale=settings.prior_guidance,
        decoder_guidance_scale=settings.decoder_guidance,
    )
    start = time.perf_counter()
    response = self._stub.GenerateImage(request, timeout=PICTURE_TIMEOUT_SECONDS)
    seconds = time.perf_counter() - start
    image = response.images[0]
    stages = {stage_name(timing): timing.run_duration.ToTimedelta().total_seconds() for timing in image.timings}
    return Drawing(seconds, image.image.data, stages)

  def stop(self):
    self._channel.close()
    super().stop()
