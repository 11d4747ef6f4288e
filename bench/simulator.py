"""Runs `unclip simulate` on scenarios that are made here."""

import json
import pathlib
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
UNCLIP = ROOT / "bazel-bin/tools/unclip"
SCENARIOS = ROOT / "bench/scenarios"


class SimulationFailed(Exception):
  """`unclip simulate` refused a scenario; says why."""


def read_scenario(path):
  """The scenario in a file, its profile made a path that holds wherever the scenario is written to."""
  scenario = json.loads(path.read_text())
  return {**scenario, "profile": str((path.parent / scenario["profile"]).resolve())}


def simulate(scenario, binary=UNCLIP):
  """What came of a scenario: the object that `unclip simulate --json` writes."""
  with tempfile.TemporaryDirectory(prefix="unclip-simulate-") as folder:
    path = pathlib.Path(folder) / "scenario.json"
    path.write_text(json.dumps(scenario))
    result = subprocess.run([binary, "simulate", f"--scenario={path}", "--json"], check=False, capture_output=True, text=True)
  if result.returncode != 0:
    raise SimulationFailed(result.stderr.strip())
  return json.loads(result.stdout)


def changed(scenario, changes):
  """A copy with other values: `changes` has them by their dotted keys ("decoder.replicas")."""
  copy = json.loads(json.dumps(scenario))
  for key, value in changes.items():
    *folders, name = key.split(".")
    place = copy
    for folder in folders:
      place = place.setdefault(folder, {})
    place[name] = value
  return copy
