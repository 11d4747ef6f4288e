"""Grafana's dashboards: that they are what make_dashboards.py writes, whole, and ask for what exists."""

import subprocess
import sys

import pytest
import yaml

from dashboards import FOLDER, NAMES, load, queries
from metric_names import ROOT, documented, names_in, unknown_labels, unknown_names

RULES = yaml.safe_load((ROOT / "deploy/prometheus/rules/recording.yaml").read_text())
RECORDED = {rule["record"] for group in RULES["groups"] for rule in group["rules"]}
QUERIES = queries()

# Said once, or of use to other programs only.
NOT_SHOWN = {"build_info", "model_parameters"}


def parse_errors(exprs, folder):
  """What promtool has to say of the queries, which it reads as recording rules."""
  rules = [{"record": f"query:{i}", "expr": expr} for i, expr in enumerate(exprs)]
  path = folder / "queries.yaml"
  path.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))
  result = subprocess.run(["promtool", "check", "rules", path], check=False, capture_output=True, text=True, timeout=60)
  return "" if result.returncode == 0 else result.stdout + result.stderr


def test_the_files_are_what_the_source_writes(tmp_path):
  subprocess.run([sys.executable, ROOT / "deploy/grafana/make_dashboards.py", tmp_path], check=True, timeout=60)
  assert sorted(path.stem for path in FOLDER.glob("*.json")) == sorted(NAMES)
  for name in NAMES:
    assert (tmp_path / f"{name}.json").read_text() == (FOLDER / f"{name}.json").read_text(), f"{name}: run make_dashboards.py"


@pytest.mark.parametrize("name", NAMES)
def test_panels_have_titles_units_and_places_of_their_own(name):
  dashboard = load(name)
  assert dashboard["title"] == f"Unclip: {name}" and dashboard["uid"] == f"unclip-{name}"
  panels = dashboard["panels"]
  assert len(panels) >= 10
  assert len({panel["title"] for panel in panels}) == len(panels)
  assert len({panel["id"] for panel in panels}) == len(panels)
  assert len({(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}) == len(panels)
  for panel in panels:
    assert panel["title"] and panel["fieldConfig"]["defaults"]["unit"] and panel["targets"]
    assert all(target["expr"] and target["legendFormat"] for target in panel["targets"])
    assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24


def test_queries_parse(tmp_path):
  assert parse_errors([query for _, _, query in QUERIES], tmp_path) == ""
  assert "parse error" in parse_errors(["sum(rate(unclip_prior_steps_total[5m])"], tmp_path)


@pytest.mark.parametrize("name, title, query", QUERIES)
def test_queries_name_metrics_and_labels_that_exist(name, title, query):
  assert names_in(query)
  assert not unknown_names(query, RECORDED)
  assert not unknown_labels(query)


def test_every_metric_of_the_services_is_on_a_dashboard():
  asked = set().union(*(names_in(query) for _, _, query in QUERIES))
  for name in documented():
    if name.startswith("unclip_train_") or any(name.endswith(what) for what in NOT_SHOWN):
      continue
    assert {name, f"{name}_bucket", f"{name}_count"} & asked, f"no dashboard shows {name}"
