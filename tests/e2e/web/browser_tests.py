"""Browser tests (the *_test.mjs here), run by node, one at a time."""

import contextlib
import json
import pathlib
import subprocess
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
_RUN = ["node", FOLDER / "run_browser_tests.mjs"]


def names(with_switches):
  """The tests; those that need the mock gateway's switches only when there are any."""
  listing = subprocess.run([*_RUN, "--list"], check=True, stdout=subprocess.PIPE, text=True).stdout
  tests = [json.loads(line) for line in listing.splitlines()]
  return [test["name"] for test in tests if with_switches or not test["mock"]]


class BrowserTests(contextlib.AbstractContextManager):
  """A browser that tests the playground at a URL."""

  def __init__(self, url, with_switches=False):
    switches = ["--with-switches"] if with_switches else []
    self._process = subprocess.Popen([*_RUN, url, *switches], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

  def run(self, name):
    """What went wrong; empty when nothing did."""
    self._process.stdin.write(f"{name}\n")
    self._process.stdin.flush()
    line = self._process.stdout.readline()
    return json.loads(line)["error"] if line else "node ended; see what it wrote to stderr"

  def __exit__(self, *_):
    self._process.stdin.close()
    self._process.wait(timeout=60)
    self._process.stdout.close()


class MockGateway(contextlib.AbstractContextManager):
  """mock_gateway.py on a free port, with switches."""

  def __init__(self, *flags):
    command = [sys.executable, FOLDER / "mock_gateway.py", "--with-switches", *flags]
    self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    self.url = self._process.stdout.readline().removeprefix("listening ").strip()
    assert self.url, "mock_gateway.py did not start; see what it wrote to stderr"

  def __exit__(self, *_):
    self._process.terminate()
    self._process.wait(timeout=60)
    self._process.stdout.close()
