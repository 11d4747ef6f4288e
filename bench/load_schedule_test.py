"""Tests of load_schedule."""

import pathlib
import statistics
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import load_schedule  # pylint: disable=wrong-import-position

KINDS = load_schedule.parse_mix("3:native:25/25/7,1:64:5/6/4")


def test_mix_is_read():
  assert KINDS == [load_schedule.Kind(3, 0, 25, 25, 7), load_schedule.Kind(1, 64, 5, 6, 4)]
  assert len(load_schedule.parse_mix(load_schedule.DEFAULT_MIX)) > 1


@pytest.mark.parametrize("text", ["", "native:25/25/7", "1:big:25/25/7", "1:64:25/25", "1:64:2/2/2,", "-1:64:2/2/2"])
def test_mix_of_another_form_is_named(text):
  with pytest.raises(ValueError, match="is not WEIGHT:SIZE"):
    load_schedule.parse_mix(text)


def test_mix_without_weight_is_refused():
  with pytest.raises(ValueError, match="add up to nothing"):
    load_schedule.parse_mix("0:64:2/2/2")


def test_arrivals_come_at_the_rate_and_like_poissons():
  times = load_schedule.arrivals(5.0, 2000.0, 1)
  gaps = [later - earlier for earlier, later in zip(times, times[1:])]
  assert times == sorted(times)
  assert 0 <= times[0] and times[-1] < 2000.0
  assert len(times) / 2000.0 == pytest.approx(5.0, rel=0.05)
  # An exponential distribution's deviation is its mean.
  assert statistics.stdev(gaps) == pytest.approx(statistics.mean(gaps), rel=0.05)


def test_arrivals_depend_on_the_seed_alone():
  assert load_schedule.arrivals(2.0, 50.0, 1) == load_schedule.arrivals(2.0, 50.0, 1)
  assert load_schedule.arrivals(2.0, 50.0, 1) != load_schedule.arrivals(2.0, 50.0, 2)


def test_twice_the_rate_halves_the_gaps():
  slow, fast = load_schedule.arrivals(2.0, 50.0, 1), load_schedule.arrivals(4.0, 25.0, 1)
  assert fast == pytest.approx([time / 2 for time in slow])


def test_rate_must_be_above_zero():
  with pytest.raises(ValueError, match="sends nothing"):
    load_schedule.arrivals(0.0, 1.0, 1)


def test_requests_do_not_depend_on_their_times():
  some = load_schedule.requests([0.0, 1.0, 2.0], KINDS, ["a", "b"], 7)
  more = load_schedule.requests([0.5, 0.6, 0.7, 0.8], KINDS, ["a", "b"], 7)
  assert [(one.prompt, one.seed, one.kind) for one in some] == [(one.prompt, one.seed, one.kind) for one in more[:3]]
  assert [one.at for one in some] == [0.0, 1.0, 2.0]
  assert some != load_schedule.requests([0.0, 1.0, 2.0], KINDS, ["a", "b"], 8)


def test_kinds_come_as_often_as_their_weights_say():
  made = load_schedule.requests([0.0] * 4000, KINDS, ["a"], 1)
  assert sum(one.kind == KINDS[0] for one in made) / 4000 == pytest.approx(0.75, abs=0.03)
