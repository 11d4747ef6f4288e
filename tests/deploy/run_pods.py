"""Runs the local overlay's pods as they are rendered, from the images' root file systems, in the network namespace that it is started in.

usage: run_pods.py JOB, where JOB is a JSON file: {"unshare": [...], "rootfs": {PROCESS: FOLDER}, "entrypoints": {PROCESS: [...]}, "folder": FOLDER}

A stand-in for what a node does with a pod: ConfigMaps and volumes as folders, the init container, then the container, its probes, and SIGTERM. A pod's
address is one of the loopback's, which stands in for 0.0.0.0 in its arguments; the network's policies and the limits of resources are not there.
Prints what it saw as JSON.
"""

import contextlib
import fcntl
import json
import pathlib
import socket
import struct
import sys
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "deploy/docker"), str(ROOT / "tests/e2e")]

import fake_dns  # noqa: E402  (the path has to be set first)
import manifests  # noqa: E402
from namespaces import ContainerProcess  # noqa: E402
from running_cluster import SERVING, health, wait_until  # noqa: E402

DOMAIN = "unclip.svc.cluster.local"
RESOLVER = f"nameserver 127.0.0.1\nsearch {DOMAIN} svc.cluster.local cluster.local\noptions ndots:5\n"
ADDRESSES = {process: f"127.0.1.{index}" for index, process in enumerate(manifests.PROCESSES, start=1)}
CHECKPOINT = ROOT / "models/shapes32"


def bring_up_loopback():
  with socket.socket() as any_socket:
    up, running = 0x1, 0x40
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", up | running))  # SIOCSIFFLAGS


class Pod:
  """One pod of the rendered manifests."""

  def __init__(self, job, rendered, process):
    self.process, self._rendered, self._job = process, rendered, job
    self._folder = pathlib.Path(job["folder"]) / process
    self.server = rendered.server(process)

  def _volume(self, name):
    """A folder that holds what the volume does; nothing for one that is mounted in any case."""
    volume = self._rendered.volume(self.process, name)
    if "persistentVolumeClaim" in volume:
      return CHECKPOINT
    if "configMap" not in volume:
      return None
    folder = self._folder / name
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in self._rendered.find("ConfigMap", volume["configMap"]["name"])["data"].items():
      (folder / file).write_text(text)
    return folder

  def _start(self, container, argv):
    resolver = self._folder / "resolv.conf"
    resolver.parent.mkdir(parents=True, exist_ok=True)
    resolver.write_text(RESOLVER)
    mounts = {"/etc/resolv.conf": resolver}
    for mount in container["volumeMounts"]:
      source = self._volume(mount["name"])
      if source is not None:
        mounts[mount["mountPath"]] = source
    return ContainerProcess(self._job["unshare"], self._job["rootfs"][self.process], argv, mounts, container.get("workingDir", "/"))

  def run_init_containers(self):
    """Their exit codes and what they said."""
    results = []
    for container in self._rendered.pod(self.process).get("initContainers", []):
      with self._start(container, container["command"]) as running:
        results.append([running.wait(), running.output])
    return results

  def start(self):
    values = {"$(CPU_THREADS)": self.server["resources"]["requests"]["cpu"], "0.0.0.0": ADDRESSES[self.process]}
    arguments = list(self.server["args"])
    for text, value in values.items():
      arguments = [argument.replace(text, value) for argument in arguments]
    return self._start(self.server, [*self._job["entrypoints"][self.process], *arguments])

  def probe(self, kind):
    """Whether the probe of that kind succeeds."""
    target = self.server[kind]["grpc"]
    return health(f"{ADDRESSES[self.process]}:{target['port']}", target.get("service", "")) == SERVING


def generate():
  """The first bytes of a picture that a client of the HTTP API gets."""
  body = json.dumps({"prompt": "a large red heart on a white background", "response_format": "b64_json"}).encode()
  request = urllib.request.Request(f"http://{ADDRESSES['gateway']}:8080/v1/images/generations", body, {"Content-Type": "application/json"})
  with urllib.request.urlopen(request, timeout=120) as answer:
    return json.load(answer)["data"][0]["b64_json"][:12]


def scraped_gauge(process, name):
  """A gauge without labels that the process serves where Prometheus would look."""
  with urllib.request.urlopen(f"http://{ADDRESSES[process]}:9090/metrics", timeout=10) as answer:
    lines = answer.read().decode().splitlines()
  return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))


def drain(pods, running):
  """Sends SIGTERM to the gateway, looks at its probes, ends the others; returns what was seen."""
  started = time.monotonic()
  gateway = pods["gateway"]
  running["gateway"].signal_terminate()
  wait_until(lambda: not gateway.probe("readinessProbe"), "the gateway says that it drains")
  seen = {"live_while_draining": gateway.probe("livenessProbe"), "picture_while_draining": generate()}
  for name in manifests.MODEL_SERVICES:
    running[name].signal_terminate()
  seen["exit_codes"] = {name: one.wait() for name, one in running.items()}
  seen["seconds"] = time.monotonic() - started
  return seen


def main():
  job = json.loads(pathlib.Path(sys.argv[1]).read_text())
  rendered = manifests.render("overlays/local")
  fake_dns.serve({f"unclip-{process}.{DOMAIN}": address for process, address in ADDRESSES.items()})
  pods = {process: Pod(job, rendered, process) for process in manifests.PROCESSES}
  report = {"init": {name: pod.run_init_containers() for name, pod in pods.items()}}
  with contextlib.ExitStack() as stack:
    running = {"gateway": stack.enter_context(pods["gateway"].start())}
    wait_until(lambda: pods["gateway"].probe("startupProbe"), "the gateway has started")
    report["gateway_ready_alone"] = pods["gateway"].probe("readinessProbe")
    for name in manifests.MODEL_SERVICES:
      running[name] = stack.enter_context(pods[name].start())
    for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
      for name, pod in pods.items():
        wait_until(lambda pod=pod, kind=kind: pod.probe(kind), f"{name}'s {kind} succeeds")
    report["picture"] = generate()
    report["in_flight"] = {name: scraped_gauge(name, f"unclip_{name}_in_flight") for name in manifests.PROCESSES}
    report |= drain(pods, running)
  print(json.dumps(report))


if __name__ == "__main__":
  bring_up_loopback()
  main()
