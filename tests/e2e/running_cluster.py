"""Clusters (`unclip up`) and single servers that run for a test, and how to talk to them."""

import contextlib
import os
import pathlib
import re
import select
import signal
import subprocess
import tempfile
import time

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from metrics_text import read_metrics
from proto_modules import ROOT, clip_grpc, decoder_grpc, gateway, gateway_grpc, image, prior_grpc

UNCLIP = ROOT / "bazel-bin/tools/unclip"
BINARIES = {name: ROOT / f"bazel-bin/services/{name}/{name}" for name in ("clip", "prior", "decoder")}
BINARIES["gateway"] = ROOT / "bazel-bin/gateway/gateway"
CHECKPOINT = ROOT / "models/shapes32/text-to-image"
VARIATION_CHECKPOINT = ROOT / "models/shapes32/image-variation"
STUBS = {
    "clip": clip_grpc.ClipServiceStub,
    "prior": prior_grpc.PriorServiceStub,
    "decoder": decoder_grpc.DecoderServiceStub,
    "gateway": gateway_grpc.ImageGenerationServiceStub,
}
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING

# Far above what anything here takes: a test that comes near it hangs.
PATIENCE_SECONDS = 120


def wait_until(condition, what, seconds=PATIENCE_SECONDS):
  """Returns condition() once it is true; fails after `seconds`."""
  deadline = time.monotonic() + seconds
  while True:
    result = condition()
    if result:
      return result
    assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
    time.sleep(0.03)


def connect(address):
  """A channel to HOST:PORT that takes messages as large as ours may be."""
  return grpc.insecure_channel(address, options=[("grpc.max_receive_message_length", 64 << 20), ("grpc.max_send_message_length", -1)])


def health(address, service=""):
  """What the health service says of `service`; nothing when it does not answer."""
  with connect(address) as channel:
    try:
      return health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service=service), timeout=10).status
    except grpc.RpcError:
      return None


def resident_peak_bytes(pid):
  """The most memory that a running process has had resident."""
  return int(re.search(r"VmHWM:\s+(\d+) kB", pathlib.Path(f"/proc/{pid}/status").read_text())[1]) * 1024


def children(pid):
  return [int(child) for file in pathlib.Path(f"/proc/{pid}/task").glob("*/children") for child in file.read_text().split()]


def is_alive(pid):
  try:
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
  except (FileNotFoundError, ProcessLookupError):
    return False


class _Child:
  """A process whose lines on stdout are awaited; its stderr goes to a file."""

  def __init__(self, command):
    assert command[0].exists(), f"{command[0]} is not built: bazel build //tools:unclip"
    self._errors = tempfile.TemporaryFile()
    self.process = subprocess.Popen([str(word) for word in command], cwd=ROOT, stdout=subprocess.PIPE, stderr=self._errors)
    self._read = b""

  @property
  def pid(self):
    return self.process.pid

  @property
  def errors(self):
    # The child writes through the same open file, so its position is the file's end.
    position = os.lseek(self._errors.fileno(), 0, os.SEEK_CUR)
    return os.pread(self._errors.fileno(), position, 0).decode(errors="replace")

  def wait_for_line(self, start, seconds=PATIENCE_SECONDS):
    """The first line on stdout that begins so."""
    deadline = time.monotonic() + seconds
    while True:
      *lines, _ = self._read.decode().split("\n")
      for line in lines:
        if line.startswith(start):
          return line
      ready, _, _ = select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))
      more = os.read(self.process.stdout.fileno(), 4096) if ready else b""
      if not more:
        self.stop(signal.SIGKILL)
        raise AssertionError(f"no line {start!r} on stdout, only {self._read!r}; stderr: {self.errors[-3000:]}")
      self._read += more

  def stop(self, sig=signal.SIGTERM):
    """Ends it with a signal; returns the exit code."""
    if self.process.poll() is None:
      self.process.send_signal(sig)
    return self.wait()

  def wait(self):
    try:
      return self.process.wait(timeout=PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
      self.process.kill()
      self.process.wait()
      raise

  def close(self):
    self.stop(signal.SIGKILL)
    self.process.stdout.close()
    self._errors.close()


class Server(contextlib.AbstractContextManager):
  """One binary: "clip", "prior", "decoder" or "gateway"."""

  def __init__(self, name, *flags):
    self.name = name
    self._child = _Child([BINARIES[name], "--exit_with_parent", *flags])
    line = self._child.wait_for_line("listening ")
    self.grpc, self.metrics, self.http = re.fullmatch(r"listening grpc=(\S+) metrics=(\S+)(?: http=(\S+))?", line).groups()

  def __exit__(self, *_):
    self._child.close()

  @property
  def pid(self):
    return self._child.pid

  def wait_until_serving(self):
    self._child.wait_for_line("serving")
    wait_until(lambda: health(self.grpc) == SERVING, f"{self.name} is SERVING")
    return self

  def stop(self, sig=signal.SIGTERM):
    return self._child.stop(sig)


class Cluster(contextlib.AbstractContextManager):
  """`unclip up` on free ports. addresses and metrics_addresses: "gateway", "clip", "prior", "decoder" to a list of HOST:PORT."""

  def __init__(self, *flags):
    self._child = _Child([UNCLIP, "up", "--listen=127.0.0.1:0", "--http-listen=127.0.0.1:0", *flags])
    self.ready_line = self._child.wait_for_line("ready ")
    words = dict(word.split("=", 1) for word in self.ready_line.split(" ")[1:])
    self.addresses = {name: words[name].split(",") for name in ("clip", "prior", "decoder")} | {"gateway": [words["grpc"]]}
    self.metrics_addresses = {name: words[f"{name}_metrics"].split(",") for name in ("clip", "prior", "decoder")}
    self.metrics_addresses["gateway"] = [words["metrics"]]
    self.http = words["http"]
    self._channels = []
    self.stub = self.connect("gateway")

  def __exit__(self, *_):
    for channel in self._channels:
      channel.close()
    pids = children(self.pid)
    self._child.stop()
    self._child.close()
    wait_until(lambda: not any(is_alive(pid) for pid in pids), "no process is left over")

  @property
  def target(self):
    return self.addresses["gateway"][0]

  @property
  def pid(self):
    return self._child.pid

  @property
  def errors(self):
    return self._child.errors

  def connect(self, name, index=0):
    """A stub of the service, on a channel of its own."""
    self._channels.append(connect(self.addresses[name][index]))
    return STUBS[name](self._channels[-1])

  def metrics(self, name, index=0):
    return read_metrics(self.metrics_addresses[name][index])

  def pids(self, name):
    """The running processes of a service, in the order of its addresses."""
    by_port = {}
    for pid in children(self.pid):
      words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
      if pathlib.Path(words[0]).name == name:
        by_port[self._address_of(pid, name)] = pid
    return [by_port[address] for address in self.addresses[name] if address in by_port]

  def _address_of(self, pid, name):
    """Which of the service's addresses the process listens on."""
    inodes = set(self._sockets(pid))
    # gRPC listens on IPv4 addresses through IPv6 sockets.
    for table in ("tcp", "tcp6"):
      for line in pathlib.Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
        words = line.split()
        address = f"127.0.0.1:{int(words[1].split(':')[1], 16)}"
        if words[3] == "0A" and words[9] in inodes and address in self.addresses[name]:
          return address
    return None

  @staticmethod
  def _sockets(pid):
    """The inodes of its sockets. One that is closed meanwhile is left out."""
    for entry in os.scandir(f"/proc/{pid}/fd"):
      with contextlib.suppress(OSError):
        match = re.fullmatch(r"socket:\[(\d+)\]", os.readlink(entry.path))
        if match:
          yield match[1]

  def stop(self, sig=signal.SIGTERM):
    return self._child.stop(sig)

  def wait(self):
    """Waits for its end; returns the exit code."""
    return self._child.wait()

  def signal(self, sig):
    self._child.process.send_signal(sig)

  def generate(self, **fields):
    return self.stub.GenerateImage(small_request(**fields), timeout=PATIENCE_SECONDS)

  def picture(self, **fields):
    """The bytes of the only picture."""
    return self.generate(**fields).images[0].image.data


def small_request(**fields):
  """A request that takes little time; `fields` in place of its own."""
  defaults = {
      "prompt": "a large red heart on a white background",
      "seed": 7,
      "candidate_count": 2,
      "prior_step_count": 3,
      "decoder_step_count": 3,
      "super_res_step_counts": [2],
      "output_format": image.IMAGE_FORMAT_PNG,
  }
  return gateway.GenerateImageRequest(**{**defaults, **fields})
