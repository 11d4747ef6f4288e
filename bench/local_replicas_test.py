"""Tests of local_replicas.py, with processes that only say what a server says."""

import itertools
import signal
import sys
import time

import pytest

from local_replicas import LocalReplicas, ReplicaFailed

PATIENCE_SECONDS = 60
SERVER = """
import signal, sys
code = int(sys.argv[1])
signal.signal(signal.SIGTERM, lambda *_: sys.exit(code))
host = sys.argv[2].removeprefix("--listen=").split(":")[0]
print(f"listening grpc={host}:5 metrics=127.0.0.1:1", flush=True)
print("serving", flush=True)
if code == 9:
  sys.exit(0)
while True:
  signal.pause()
"""


class Bench:
  """Replicas, and what was told of them."""

  def __init__(self, exit_code=0):
    self.told = []
    hosts = (f"127.9.0.{number}" for number in itertools.count(1))
    self.replicas = LocalReplicas("prior", [sys.executable, "-c", SERVER, str(exit_code)], hosts, 5, self.told.append, PATIENCE_SECONDS)

  def poll_until(self, condition):
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
      assert time.monotonic() < end
      self.replicas.poll()


@pytest.fixture
def make():
  made = []

  def start(exit_code=0):
    made.append(Bench(exit_code))
    return made[-1]

  yield start
  for bench in made:
    bench.replicas.close()


def test_tells_who_serves_and_stops_the_youngest(make):
  bench = make()
  bench.replicas.scale_to(2)
  assert bench.told == [] and len(bench.replicas.wanted) == 2 and bench.replicas.serving == []
  bench.poll_until(lambda: len(bench.replicas.serving) == 2)
  assert sorted(bench.told[-1]) == ["127.9.0.1", "127.9.0.2"]
  bench.replicas.scale_to(1)
  # Gone from the list at once, before the process has ended.
  assert bench.told[-1] == ["127.9.0.1"]
  (left,) = bench.replicas.wanted
  stopped = next(each for each in bench.replicas._replicas if each is not left)  # pylint: disable=protected-access
  bench.poll_until(lambda: stopped.process.returncode is not None)
  assert stopped.process.returncode == 0


def test_one_that_is_asked_in_vain_has_no_value(make):
  bench = make()
  bench.replicas.scale_to(1)
  assert bench.replicas.in_flight() == {}
  bench.poll_until(lambda: bench.replicas.serving)
  assert bench.replicas.in_flight() == {0: None}


def test_one_that_has_only_just_started_may_be_stopped():
  # As it does not know yet how to end well, the signal ends it.
  replicas = LocalReplicas("prior", [sys.executable, "-c", "import time; time.sleep(600)"], iter(["127.9.0.1"]), 5, lambda _: None)
  replicas.scale_to(1)
  process = replicas.wanted[0].process
  replicas.scale_to(0)
  end = time.monotonic() + PATIENCE_SECONDS
  while process.returncode is None:
    assert time.monotonic() < end
    replicas.poll()
  assert process.returncode == -signal.SIGTERM


def test_one_that_ends_unasked_or_badly_is_an_error(make):
  bench = make(exit_code=9)
  bench.replicas.scale_to(1)
  with pytest.raises(ReplicaFailed, match="prior 0 ended with 0"):
    bench.poll_until(lambda: False)
  bench = make(exit_code=3)
  bench.replicas.scale_to(1)
  bench.poll_until(lambda: bench.replicas.serving)
  bench.replicas.scale_to(0)
  with pytest.raises(ReplicaFailed, match="prior 0 ended with 3"):
    bench.poll_until(lambda: False)
