"""Tests of hpa.py: the cases that tools/simulate/horizontal_autoscaler is held to as well."""

import json
import pathlib

import pytest

from hpa import DEFAULT_DOWN, DEFAULT_UP, HorizontalAutoscaler, Options, Policy, Rules

CASES = json.loads((pathlib.Path(__file__).resolve().parent.parent / "tools/simulate/testdata/hpa_cases.json").read_text())["cases"]


def rules(options, default):
  policies = tuple(Policy(*policy) for policy in options["policies"]) if "policies" in options else default.policies
  return Rules(options.get("window", default.window), policies, options.get("select", "Max"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_decides_as_kubernetes_does(case):
  options = case["options"]
  autoscaler = HorizontalAutoscaler(
      Options(
          maximum=options["max"],
          target=options["target"],
          minimum=options.get("min", 1),
          metric=options.get("metric", "pods"),
          tolerance=options.get("tolerance", 0.1),
          up=rules(options.get("up", {}), DEFAULT_UP),
          down=rules(options.get("down", {}), DEFAULT_DOWN),
      )
  )
  for at, current, pods, expected in case["steps"]:
    assert autoscaler.decide(at, current, pods) == expected, f"at {at}"
