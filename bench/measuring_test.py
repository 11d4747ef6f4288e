"""Tests of measuring and compare, with sides that only count."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import compare  # pylint: disable=wrong-import-position
import measuring  # pylint: disable=wrong-import-position
import plans  # pylint: disable=wrong-import-position
from settings import Drawing, Settings  # pylint: disable=wrong-import-position

PLAN = plans.Plan("shapes32", pathlib.Path("folder"), Settings(), (1, 2), (1,), rounds=3, loads=2, warm_pictures=1, together=True)


class FakeSide:
  """Writes down what is asked of it."""

  load_seconds = 1.5
  processes = ()

  def __init__(self, name, events, file=b"\x89PNG"):
    self._name, self._events, self._file = name, events, file
    events.append((name, "start"))

  def draw(self, prompt, seed, settings, candidates):
    assert settings == PLAN.settings
    self._events.append((self._name, prompt, seed, candidates))
    return Drawing(1.0 + candidates, self._file, {"prior": 0.5})

  def stop(self):
    self._events.append((self._name, "stop"))


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
  monkeypatch.setattr(measuring, "PAUSE_SECONDS", 0)


def sides(events):
  return {name: lambda name=name: FakeSide(name, events) for name in "ab"}


def test_sides_take_turns_with_the_same_prompts_and_seeds():
  events = []
  measured = {name: measuring.Measured() for name in "ab"}
  measuring.measure_pictures(sides(events), PLAN, measured)
  drawn = [event for event in events if len(event) == 4 and event[2] >= 100]
  assert [event[0] for event in drawn] == list("aabbbbaaaabb")
  assert [event[1:] for event in drawn if event[0] == "a"] == [event[1:] for event in drawn if event[0] == "b"]
  assert measured["a"].pictures == {1: [2.0] * 3, 2: [3.0] * 3}
  assert measured["a"].stages[2] == [{"prior": 0.5}] * 3
  assert events[-2:] == [("a", "stop"), ("b", "stop")]


def test_first_load_is_left_out():
  measured = {name: measuring.Measured() for name in "ab"}
  events = []
  measuring.measure_loads(sides(events), 2, measured)
  assert measured["a"].loads == measured["b"].loads == [1.5, 1.5]
  assert events.count(("a", "start")) == events.count(("a", "stop")) == 3


def test_side_alone_is_stopped_when_it_draws_no_picture():
  events = []
  with pytest.raises(RuntimeError, match="drew no PNG"):
    measuring.measure_alone("a", lambda: FakeSide("a", events, b"GIF"), PLAN, measuring.Measured())
  assert events[-1] == ("a", "stop")


def test_faster_memory_format_is_the_references():
  times = {"default": [1, 3, 9], "channels_last": [2, 2, 2]}
  measured = {compare.reference_side(name): measuring.Measured(pictures={1: seconds}) for name, seconds in times.items()}
  assert compare.faster_format(measured, ("default", "channels_last")) == "channels_last"
  assert compare.faster_format(measured, ("default",)) == "default"
