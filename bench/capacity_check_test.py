"""Tests of capacity_check.py."""

import argparse
import pathlib

import pytest

from capacity_check import Comparison, figures_of, profile_of_run, scenario_of, table


def comparison(goodput, mean):
  figures = {"p50": 1.0, "p95": None}
  return Comparison(2, 3.5, 1.04, {"goodput": goodput, "mean": mean, **figures}, {"goodput": 2.0, "mean": 1.0, "p50": 0.5, "p95": 2.0})


def test_goodput_and_mean_must_both_be_near():
  assert comparison(2.2, 0.9).is_within(0.15)
  assert not comparison(2.4, 0.9).is_within(0.15)
  assert not comparison(2.2, 1.2).is_within(0.15)
  assert not comparison(2.2, None).is_within(0.15)


def test_the_table_has_measured_predicted_and_ratio():
  lines = table([comparison(2.2, 0.9)]).splitlines()
  assert lines[-1] == "| 2 | 3.50 | 1.04 | 2.20, 2.00, **1.10** | 0.90, 1.00, **0.90** | 1.00, 0.50, **2.00** | – |"
  assert lines[0].count("|") == lines[1].count("|") == lines[2].count("|")


def test_both_sides_are_read_alike():
  side = {"goodput": 2, "latency_seconds": {"mean": 1, "p50": 0.5, "p95": 3, "p99": 4}}
  assert figures_of(side) == {"goodput": 2, "mean": 1, "p50": 0.5, "p95": 3}


def test_a_run_is_predicted_at_the_speed_that_it_had():
  def service():
    return {"stages": [{"name": "a", "step_seconds": {"1": 0.1}}]}

  profile = {
      "about": {"lone_picture_seconds": 0.9, "core_seconds": 0.8, "client_seconds": 0.02},
      "crowding": 1.1,
      "clip": service(), "prior": service(), "decoder": service(),
      "gateway": {"picture_seconds": 0.01},
  }  # fmt: skip
  found = profile_of_run(profile, core_seconds=1.0)
  assert found["decoder"]["stages"][0]["step_seconds"]["1"] == pytest.approx(0.125)
  # It is in the run's core seconds already.
  assert found["crowding"] == 1


def test_the_simulated_requests_arrive_when_the_real_ones_do():
  options = argparse.Namespace(profile=pathlib.Path("profile.json"), warm=10, duration=60, slo=5, client_seconds=0.02)
  scenario = scenario_of(options, 3, [0.5, 2.0])
  assert scenario["times"] == [0.5, 2.0] and "rates" not in scenario
  assert (scenario["seconds"], scenario["warm_seconds"], scenario["client_seconds"]) == (70, 10, 0.02)
  assert scenario["prior"] == scenario["decoder"] == {"replicas": 3}
  with pytest.raises(KeyError):
    _ = scenario["mix"][0]["speed"]
