"""The replicas of a service as processes of this machine, each on a loopback address of its own, all on one port."""

import dataclasses
import itertools
import re
import select
import signal
import subprocess
import time

import metrics_reading

_STARTED = re.compile(r"listening grpc=(\S+) metrics=(\S+)")


class ReplicaFailed(Exception):
  """A replica ended by itself, or did not stop; says how."""


@dataclasses.dataclass
class Replica:
  """A process. metrics: where, once it listens; serving: whether it said so."""

  number: int
  host: str
  process: subprocess.Popen
  output: bytes = b""
  metrics: str | None = None
  serving: bool = False
  stopping_since: float | None = None


class LocalReplicas:
  """Starts and stops them. `on_change` is called with the addresses of those that serve, whenever they change.

  command: of the server, without its addresses. hosts: 127.0.x.y, never used twice. poll() must be called often; nothing blocks.
  """

  def __init__(self, name, command, hosts, port, on_change, stop_seconds=60):
    self.name = name
    self._command = command
    self._hosts = iter(hosts)
    self._port = port
    self._on_change = on_change
    self._stop_seconds = stop_seconds
    self._numbers = itertools.count()
    self._replicas = []

  @property
  def wanted(self):
    """Those that are not being stopped."""
    return [replica for replica in self._replicas if replica.stopping_since is None]

  @property
  def serving(self):
    return [replica for replica in self.wanted if replica.serving]

  def scale_to(self, count):
    """Starts or stops as many as are missing or too many; those that do not serve yet are stopped first, then the youngest."""
    while len(self.wanted) < count:
      host = next(self._hosts)
      command = [*self._command, f"--listen={host}:{self._port}", f"--metrics_listen={host}:0"]
      process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
      self._replicas.append(Replica(next(self._numbers), host, process))
    for replica in sorted(self.wanted, key=lambda each: (each.serving, -each.number))[: max(0, len(self.wanted) - count)]:
      # As in a cluster, where the address is gone from DNS as soon as its pod is to end; the process drains by itself.
      replica.stopping_since = time.monotonic()
      self._tell()
      replica.process.send_signal(signal.SIGTERM)

  def poll(self):
    """Takes in what the processes say. ReplicaFailed when one ended unasked, badly or too late."""
    for replica in list(self._replicas):
      self._read(replica)
      code = replica.process.poll()
      if code is not None:
        self._replicas.remove(replica)
        replica.process.stdout.close()
        # One that has only just been started does not know yet how to end well.
        ended_well = code == 0 or (code == -signal.SIGTERM and replica.metrics is None)
        if replica.stopping_since is None or not ended_well:
          self._tell()
          raise ReplicaFailed(f"{self.name} {replica.number} ended with {code}")
      elif replica.stopping_since is not None and time.monotonic() - replica.stopping_since > self._stop_seconds:
        raise ReplicaFailed(f"{self.name} {replica.number} has not ended within {self._stop_seconds} s")

  def in_flight(self):
    """By number, `unclip_<name>_in_flight` of those that are wanted and listen; None of one that does not answer."""
    found = {}
    for replica in self.wanted:
      if replica.metrics is None:
        continue
      try:
        found[replica.number] = metrics_reading.value(metrics_reading.read(replica.metrics), f"unclip_{self.name}_in_flight")
      except OSError:
        found[replica.number] = None
    return found

  def close(self):
    """Kills what is left."""
    for replica in self._replicas:
      replica.process.kill()
      replica.process.wait()
      replica.process.stdout.close()
    self._replicas.clear()

  def _read(self, replica):
    while select.select([replica.process.stdout], [], [], 0)[0]:
      more = replica.process.stdout.read1(4096)
      if not more:
        return
      replica.output += more
    text = replica.output.decode()
    if replica.metrics is None and (match := _STARTED.search(text)):
      replica.metrics = match[2]
    if not replica.serving and re.search(r"^serving", text, re.MULTILINE):
      replica.serving = True
      if replica.stopping_since is None:
        self._tell()

  def _tell(self):
    self._on_change([replica.host for replica in self.serving])
