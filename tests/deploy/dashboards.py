"""The dashboards' queries, as Prometheus is asked them."""

import json

from metric_names import ROOT

FOLDER = ROOT / "deploy/grafana/dashboards"
NAMES = ("overview", "gateway", "clip", "prior", "decoder")


def load(name):
  return json.loads((FOLDER / f"{name}.json").read_text())


def queries(rate_interval="5m"):
  """(dashboard, panel's title, query) of every panel, with what Grafana fills in filled in."""
  return [
      (name, panel["title"], target["expr"].replace("$__rate_interval", rate_interval))
      for name in NAMES
      for panel in load(name)["panels"]
      for target in panel["targets"]
  ]
