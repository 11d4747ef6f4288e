"""Stands in for a cluster's autoscaler on this machine: starts and stops real priors and decoders as local processes, by manifests.

usage: autoscaler.py [MANIFEST...] [--min-replicas N] [--max-replicas N] [--time-scale 10] [--seconds S] [--threads 1] [--checkpoint DIR]

MANIFEST: YAML files with a HorizontalPodAutoscaler (autoscaling/v2, a Pods metric unclip_<service>_in_flight) or a KEDA ScaledObject for prior
and decoder each; those of deploy/kubernetes/base when none is named. --min-replicas and --max-replicas go before theirs. The replicas' own /metrics are read, Kubernetes' algorithm decides (hpa.py), SIGTERM drains what is too much, and the gateway
finds replicas by DNS, as in a cluster. --time-scale makes an hour of the autoscaler's pass in 6 minutes: periods and windows, not the load.

Prints `ready grpc=HOST:PORT http=HOST:PORT` and, whenever they change, how many replicas there are.
"""

import argparse
import contextlib
import dataclasses
import itertools
import pathlib
import re
import subprocess
import sys
import time

from dns_stand_in import DnsStandIn
from hpa import PENDING, HorizontalAutoscaler
from hpa_manifest import read_manifests
from local_replicas import LocalReplicas

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARIES = {name: ROOT / f"bazel-bin/services/{name}/{name}" for name in ("clip", "prior", "decoder")} | {
    "gateway": ROOT / "bazel-bin/gateway/gateway"
}
MANIFESTS = [ROOT / f"deploy/kubernetes/base/{service}/horizontal_pod_autoscaler.yaml" for service in ("prior", "decoder")]
CHECKPOINT = ROOT / "models/shapes32/text-to-image"
SYNC_SECONDS = 15.0  # kube-controller-manager's --horizontal-pod-autoscaler-sync-period
SCRAPE_SECONDS = 15.0
PORTS = {"prior": 50052, "decoder": 50053}
_POLL_SECONDS = 0.05
_START_SECONDS = 180


def loopback_hosts(service):
  """Addresses that no other service has: 127.X.0.1 and on."""
  return (f"127.{64 + list(PORTS).index(service)}.{number // 250}.{number % 250 + 1}" for number in itertools.count())


@dataclasses.dataclass
class Scaled:
  """A service that is scaled: its manifest's autoscaler, its replicas, and what was last measured of them."""

  autoscaler: HorizontalAutoscaler
  replicas: LocalReplicas
  measured: dict[int, float | None] = dataclasses.field(default_factory=dict)

  def sync(self, now):
    """Lets the autoscaler decide at `now`, in its own seconds, and follows it."""
    wanted = self.replicas.wanted
    pods = [self.measured.get(replica.number) if replica.metrics else PENDING for replica in wanted]
    count = self.autoscaler.decide(now, len(wanted), pods)
    if count != len(wanted):
      print(f"{now:.0f} s: {self.replicas.name}: {len(wanted)} -> {count}, in flight {pods}", flush=True)
      self.replicas.scale_to(count)


class LocalCluster:
  """A `with`: clip, a gateway, and priors and decoders that follow the manifests. grpc and http: the gateway's addresses.

  run_for() must be called for anything to happen. started: by service, the most replicas that served at a time.
  """

  def __init__(self, manifests, time_scale=1.0, threads=1, checkpoint=CHECKPOINT, connection_age_seconds=15.0):
    self._scale = time_scale
    self._stack = contextlib.ExitStack()
    self._dns = DnsStandIn()
    flags = [f"--checkpoint={checkpoint}", f"--threads={threads}", "--exit_with_parent", "--log_level=error"]
    # Replicas are found when connections are renewed; a second is the least that servers take.
    self._flags = [*flags, f"--max_connection_age={max(1.0, connection_age_seconds / time_scale)}s", "--grace=60s"]
    self.services = {}
    for manifest in manifests:
      self.services[manifest.service] = Scaled(HorizontalAutoscaler(manifest.options), self._make_replicas(manifest.service))
    missing = [service for service in PORTS if service not in self.services]
    if missing:
      raise ValueError(f"no manifest scales {' and '.join(missing)}")
    self.started = dict.fromkeys(self.services, 0)
    self._next_scrape = self._next_sync = 0.0
    self._begin = time.monotonic()

  def __enter__(self):
    with contextlib.ExitStack() as stack:
      stack.enter_context(self._dns)
      for scaled in self.services.values():
        stack.callback(scaled.replicas.close)
        scaled.replicas.scale_to(1)
      clip = self._start(stack, "clip", self._flags)["grpc"]
      self._wait_until(lambda: all(scaled.replicas.serving for scaled in self.services.values()))
      targets = [f"--{service}_target=dns://{self._dns.address}/{service}.unclip:{PORTS[service]}" for service in self.services]
      addresses = self._start(stack, "gateway", ["--exit_with_parent", "--log_level=error", f"--clip_target={clip}", *targets])
      self.grpc, self.http = addresses["grpc"], addresses["http"]
      self._stack = stack.pop_all()
    self._begin = time.monotonic()
    return self

  def __exit__(self, *_):
    self._stack.close()

  @property
  def now(self):
    """Seconds since the start, as the autoscaler counts them."""
    return (time.monotonic() - self._begin) * self._scale

  def counts(self):
    """By service, the replicas that are wanted."""
    return {service: len(scaled.replicas.wanted) for service, scaled in self.services.items()}

  def run_for(self, seconds):
    """Follows the load for so long, in real time. ReplicaFailed when a replica ends unasked."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
      self._poll()
      if self.now >= self._next_scrape:
        for scaled in self.services.values():
          scaled.measured = scaled.replicas.in_flight()
        self._next_scrape = self.now + SCRAPE_SECONDS
      if self.now >= self._next_sync:
        for scaled in self.services.values():
          scaled.sync(self.now)
        self._next_sync = self.now + SYNC_SECONDS
      time.sleep(_POLL_SECONDS)

  def _poll(self):
    for service, scaled in self.services.items():
      scaled.replicas.poll()
      self.started[service] = max(self.started[service], len(scaled.replicas.serving))

  def _make_replicas(self, service):
    def tell(hosts):
      self._dns.set(f"{service}.unclip", hosts)

    return LocalReplicas(service, [BINARIES[service], *self._flags], loopback_hosts(service), PORTS[service], tell)

  def _start(self, stack, name, flags):
    """A process that lives as long as the cluster: its addresses, once it is SERVING."""
    process = subprocess.Popen([BINARIES[name], *flags], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    stack.callback(process.stdout.close)
    stack.callback(process.wait)
    stack.callback(process.terminate)
    line = process.stdout.readline()
    if not line.startswith("listening") or not process.stdout.readline().startswith("serving"):
      raise RuntimeError(f"{name} did not start: {line.strip()!r}")
    return dict(re.findall(r"(\w+)=(\S+)", line))

  def _wait_until(self, condition):
    end = time.monotonic() + _START_SECONDS
    while not condition():
      if time.monotonic() > end:
        raise RuntimeError(f"the first replicas do not serve within {_START_SECONDS} s")
      self._poll()
      time.sleep(_POLL_SECONDS)


def read_autoscalers(paths, minimum=None, maximum=None):
  """The autoscalers of all files; what is given goes before their own bounds."""
  bounds = {name: value for name, value in (("minimum", minimum), ("maximum", maximum)) if value is not None}
  found = [manifest for path in paths for manifest in read_manifests(path)]
  return [dataclasses.replace(manifest, options=dataclasses.replace(manifest.options, **bounds)) for manifest in found]


def main():
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument("manifests", nargs="*", type=pathlib.Path, metavar="MANIFEST")
  parser.add_argument("--min-replicas", type=int, help="of each service (default: the manifest's)")
  parser.add_argument("--max-replicas", type=int, help="of each service (default: the manifest's)")
  parser.add_argument("--time-scale", type=float, default=1.0, help="how much faster the autoscaler's time passes (default: 1)")
  parser.add_argument("--seconds", type=float, default=float("inf"), help="how long to run (default: until Ctrl-C)")
  parser.add_argument("--threads", type=int, default=1, help="threads of each process (default: 1)")
  parser.add_argument("--checkpoint", type=pathlib.Path, default=CHECKPOINT)
  options = parser.parse_args()
  manifests = read_autoscalers(options.manifests or MANIFESTS, options.min_replicas, options.max_replicas)
  with LocalCluster(manifests, options.time_scale, options.threads, options.checkpoint) as cluster:
    print(f"ready grpc={cluster.grpc} http={cluster.http}", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
      cluster.run_for(options.seconds)
  return 0


if __name__ == "__main__":
  sys.exit(main())
