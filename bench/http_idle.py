"""Tells what waiting HTTP clients cost the gateway, and how soon a picture can be seen.

usage: http_idle.py [--connections 2000] [--streams 200] [--pictures 10] [--up-args="--threads 2"]

Starts a cluster. Measures the gateway's memory and the time of a small request alone; then with so many idle keep-alive connections and so many open
event streams of a job that takes long; then, with all of them closed, at which share of its time a stream with three partial pictures shows the first,
and how far each partial picture is from the finished one.
"""

import argparse
import base64
import io
import json
import pathlib
import re
import resource
import socket
import statistics
import time
import urllib.request

import numpy
from PIL import Image

from cluster import ClusterProcess

PROMPT = "a large red heart on a white background"
ROUNDS = 20


def read_options():
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument("--connections", type=int, default=2000, help="idle keep-alive connections (default: 2000)")
  parser.add_argument("--streams", type=int, default=200, help="event streams that wait (default: 200)")
  parser.add_argument("--pictures", type=int, default=10, help="streams whose previews are timed (default: 10)")
  parser.add_argument("--up-args", default="--threads 2", help="arguments for `unclip up` (default: --threads 2)")
  return parser.parse_args()


def memory_mib(pid):
  """What the process has resident and shares with nobody, counted by share (PSS)."""
  rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
  return int(re.search(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE)[1]) / 1024


def gateway_pid(cluster):
  for pid in cluster.processes:
    if pathlib.Path(pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].decode()).name == "gateway":
      return pid
  raise RuntimeError("the cluster has no gateway")


def connect(address):
  host, port = address.rsplit(":", 1)
  connection = socket.create_connection((host, int(port)), timeout=60)
  return connection


def ask(connection, path):
  """Sends a GET and reads the head of the answer and what came with it."""
  connection.sendall(f"GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n".encode())
  received = b""
  while b"\r\n\r\n" not in received:
    more = connection.recv(65536)
    if not more:
      raise RuntimeError(f"the gateway closed the connection: {received!r}")
    received += more
  return received


def post(address, path, **body):
  request = urllib.request.Request(f"http://{address}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"})
  return urllib.request.urlopen(request, timeout=600)


def request_milliseconds(address):
  """The median of small requests, each on a connection of its own."""
  times = []
  for _ in range(ROUNDS):
    start = time.perf_counter()
    with connect(address) as connection:
      ask(connection, "/v1/capabilities")
    times.append(time.perf_counter() - start)
  return 1000 * statistics.median(times)


def measure_idle(address, pid, options):
  print(f"alone: {memory_mib(pid):.0f} MiB, a request {request_milliseconds(address):.2f} ms")
  with post(address, "/v1/jobs", prompt=PROMPT, decoder_step_count=1000, prior_step_count=1000) as answer:
    job = json.load(answer)["id"]
  idle, streams = [], []
  try:
    for _ in range(options.connections):
      idle.append(connect(address))
      ask(idle[-1], "/healthz")
    for _ in range(options.streams):
      streams.append(connect(address))
      ask(streams[-1], f"/v1/jobs/{job}/events")
    print(
      f"{len(idle)} idle connections, {len(streams)} streams: {memory_mib(pid):.0f} MiB, a request {request_milliseconds(address):.2f} ms"
      " (while the job is drawn)"
    )
  finally:
    for connection in idle + streams:
      connection.close()
    urllib.request.urlopen(urllib.request.Request(f"http://{address}/v1/jobs/{job}", method="DELETE"), timeout=60).close()


def pixels(picture):
  return numpy.asarray(Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGB")).astype(float)


def time_previews(address, seed):
  """The share of the whole time at which each partial picture came, and its mean distance from the finished one, of 255."""
  start = time.perf_counter()
  times, pictures = [], []
  with post(address, "/v1/images/generations", prompt=PROMPT, stream=True, partial_images=3, seed=seed) as answer:
    for line in answer:
      if line.startswith(b"data: "):
        times.append(time.perf_counter() - start)
        pictures.append(pixels(json.loads(line[6:])["b64_json"]))
  shares = [moment / times[-1] for moment in times[:-1]]
  distances = [abs(picture - pictures[-1]).mean() for picture in pictures[:-1]]
  return shares, distances


def measure_previews(address, count):
  time_previews(address, 0)  # warms up
  measured = [time_previews(address, seed) for seed in range(1, count + 1)]
  for number in range(3):
    share = statistics.median(shares[number] for shares, _ in measured)
    distance = statistics.median(distances[number] for _, distances in measured)
    print(f"partial picture {number + 1}: at {share:.0%} of the time, {distance:.1f} of 255 from the finished one (medians of {count})")


def main():
  options = read_options()
  _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
  resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
  cluster = ClusterProcess(options.up_args.split())
  try:
    measure_idle(cluster.http, gateway_pid(cluster), options)
    measure_previews(cluster.http, options.pictures)
  finally:
    cluster.stop()


if __name__ == "__main__":
  main()
