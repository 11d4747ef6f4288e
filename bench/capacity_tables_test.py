"""Tests of capacity_tables.py, with a simulator that only divides."""

import pytest

import capacity_tables
from capacity_tables import BUSIEST, picture_seconds, put, size, with_load

PROFILE = {
    "about": {"what": "a test", "source": "made up", "provisional": "made up"},
    "clip": {"stages": [{"step_seconds": {"1": 0.004}}]},
    "prior": {"stages": [{"step_seconds": {"4": 0.002, "8": 0.003}}]},
    "decoder": {"threads": 1, "load_seconds": 1.0, "stages": [{"step_seconds": {"2": 0.01}}, {"step_seconds": {"1": 0.02}}]},
}
SCENARIO = {"name": "steady", "warm_seconds": 10, "seconds": 20, "profile": "none", "gateway": {"max_pictures": 32}}


def divide(scenario):
  """Shares are work over replicas; the prior's work is half of what it is alone, as its steps are shared."""
  rate = scenario["rates"][0]["rate"]
  seconds = picture_seconds(PROFILE) | {"prior": picture_seconds(PROFILE)["prior"] / 2}
  used = {name: min(1.0, rate * seconds[name] / scenario[name]["replicas"]) for name in ("clip", "prior", "decoder")}
  used["gateway pictures"] = min(1.0, rate * 0.6 / 32 / scenario["gateway"]["replicas"])
  used["gateway requests"] = used["gateway pictures"] / 2
  finished = 1000 if max(used.values()) < 1 else 500
  return {"sent": 1000, "finished": finished, "used": used}


def test_a_picture_takes_its_steps():
  assert picture_seconds(PROFILE) == pytest.approx({"clip": 0.004, "prior": 0.05, "decoder": 0.39})


@pytest.mark.parametrize("rate", [1, 10, 100, 1000])
def test_finds_the_fewest_that_are_not_too_busy(rate):
  counts, result = size(SCENARIO, PROFILE, rate, divide)
  assert max(capacity_tables.shares(result).values()) <= BUSIEST
  for name in counts:
    fewer = {**counts, name: counts[name] - 1}
    if fewer[name]:
      assert capacity_tables.shares(divide(with_load(SCENARIO, rate, fewer)))[name] > BUSIEST, name


def test_says_so_when_nothing_helps():
  with pytest.raises(RuntimeError, match="no size was found for 5"):
    size(SCENARIO, PROFILE, 5, lambda scenario: {**divide(scenario), "finished": 0})


def test_simulates_less_time_of_more():
  assert with_load(SCENARIO, 10, {})["seconds"] == 210
  assert with_load(SCENARIO, 1000, {"decoder": 7})["seconds"] == 30
  assert with_load(SCENARIO, 1000, {"decoder": 7})["decoder"] == {"replicas": 7}
  assert "decoder" not in SCENARIO


def test_a_table_takes_its_place_on_the_page():
  page = "before\n<!-- capacity sizing -->\nold\n<!-- /capacity sizing -->\nafter\n"
  assert put(page, "sizing", "| new |") == "before\n<!-- capacity sizing -->\n| new |\n<!-- /capacity sizing -->\nafter\n"
  with pytest.raises(ValueError, match="0 places for other"):
    put(page, "other", "| new |")


def test_a_table_says_when_its_figures_are_provisional():
  assert capacity_tables.with_state(PROFILE, ["| a |"]).endswith("**Provisional**: made up. a test; made up.")


def test_the_page_has_a_place_for_every_table():
  text = (capacity_tables.SCENARIOS.parent.parent / "docs/capacity.md").read_text()
  for name in ("sizing", "scaling", "arithmetic"):
    put(text, name, "")
