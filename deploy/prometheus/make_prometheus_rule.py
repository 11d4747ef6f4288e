"""Writes deploy/prometheus/prometheus_rule.yaml: the rules as the resource that the Prometheus operator reads.

usage: make_prometheus_rule.py [FILE]

The rules themselves stand in rules/, as Prometheus and promtool read them; a test holds the file equal to what this writes.
"""

import pathlib
import sys

import yaml

FOLDER = pathlib.Path(__file__).resolve().parent
HEADER = "# Made by make_prometheus_rule.py from rules/: change those.\n"


class _NoAliases(yaml.SafeDumper):
  """What is said once and used again in the rules is written out."""

  def ignore_aliases(self, data):
    return True


def prometheus_rule():
  groups = [group for path in sorted((FOLDER / "rules").glob("*.yaml")) for group in yaml.safe_load(path.read_text())["groups"]]
  return {
      "apiVersion": "monitoring.coreos.com/v1",
      "kind": "PrometheusRule",
      "metadata": {"name": "unclip", "labels": {"app.kubernetes.io/name": "unclip"}},
      "spec": {"groups": groups},
  }


def main():
  file = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER / "prometheus_rule.yaml"
  file.write_text(HEADER + yaml.dump(prometheus_rule(), Dumper=_NoAliases, sort_keys=False, allow_unicode=True, width=140))


if __name__ == "__main__":
  main()
