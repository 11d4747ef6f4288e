"""The autoscaler's stand-in (bench/autoscaler.py): real replicas follow a step and a spike by the manifests of deploy/kubernetes, and no request
fails."""

import concurrent.futures
import sys
import threading
import time

import pytest

from proto_modules import ROOT, gateway_grpc
from running_cluster import PATIENCE_SECONDS, connect, small_request

sys.path.append(str(ROOT / "bench"))

# pylint: disable=wrong-import-position  # they lie in bench/
from autoscaler import MANIFESTS, LocalCluster, read_autoscalers

# 15 s of the autoscaler's pass in three quarters of a second, its window of 5 minutes in 15 s.
TIME_SCALE = 20
# In real time, in which replicas that are called for must serve: as long as a machine with much else to do takes.
FOLLOW_SECONDS = 60


class Load:
  """Keeps so many requests under way, from threads of its own, until it is stopped. Each must end well."""

  def __init__(self, address):
    self._address = address
    self._stop = threading.Event()
    self._wanted = 0
    self._pool = concurrent.futures.ThreadPoolExecutor(max_workers=32)
    self._workers = []
    self.drawn = 0
    self._lock = threading.Lock()

  def set(self, concurrency):
    self._wanted = concurrency
    while len(self._workers) < concurrency:
      self._workers.append(self._pool.submit(self._work, len(self._workers)))

  def _work(self, number):
    with connect(self._address) as channel:
      stub = gateway_grpc.ImageGenerationServiceStub(channel)
      seed = 1000 * number
      while not self._stop.is_set():
        if number >= self._wanted:
          self._stop.wait(0.05)
          continue
        seed += 1
        stub.GenerateImage(small_request(seed=seed, prior_step_count=2, decoder_step_count=2), timeout=PATIENCE_SECONDS)
        with self._lock:
          self.drawn += 1

  def finish(self):
    """Ends it; raises the first error that a request came to."""
    self._stop.set()
    for worker in self._workers:
      worker.result(timeout=PATIENCE_SECONDS)
    self._pool.shutdown()


def follow(cluster, condition, what, seconds=FOLLOW_SECONDS):
  """Lets the autoscaler follow until condition() holds; fails when it does not in time."""
  end = time.monotonic() + seconds
  while not condition():
    assert time.monotonic() < end, f"not within {seconds} s: {what}; now {cluster.counts()}"
    cluster.run_for(0.1)


@pytest.fixture
def cluster():
  # The manifests' targets and behaviour, with as many replicas as a small machine bears.
  with LocalCluster(read_autoscalers(MANIFESTS, minimum=1, maximum=3), TIME_SCALE) as running:
    yield running


def test_replicas_follow_a_step_and_a_spike_without_a_failed_request(cluster):
  load = Load(cluster.grpc)
  decoder = cluster.services["decoder"].replicas
  try:
    load.set(1)
    cluster.run_for(2)
    assert cluster.counts()["decoder"] == 1

    # A step: six under way at the manifest's target of two a decoder call for three, the most there may be.
    load.set(6)
    follow(cluster, lambda: len(decoder.serving) == 3, "three decoders serve the step")
    # The new ones get work: the gateway has found them.
    follow(cluster, lambda: sum(bool(count) for count in decoder.in_flight().values()) == 3, "all three draw")

    load.set(1)
    follow(cluster, lambda: cluster.counts()["decoder"] == 1, "one decoder is left when the step is over")

    # A spike that is gone before the window is: what it started is kept until then, and drains.
    load.set(12)
    follow(cluster, lambda: cluster.counts()["decoder"] == 3, "three decoders are called for by the spike")
    load.set(1)
    drawn = load.drawn
    follow(cluster, lambda: cluster.counts()["decoder"] == 1, "one decoder is left when the spike is over")
    follow(cluster, lambda: load.drawn > drawn, "pictures are still drawn")
  finally:
    load.finish()
  assert cluster.started["decoder"] == 3
  assert load.drawn > 20
