"""How much a cluster bears: measures this machine, checks the simulator (`unclip simulate`) against a real cluster, and makes docs/capacity.md's tables.

usage: capacity.py measure [--threads N] [--out PROFILE]
       capacity.py check [--replicas 1,2,3] [--load 0.7] [--duration S]
       capacity.py tables [--rates 10,100,1000] [--write docs/capacity.md]

Build what they run first: bazel build //tools:unclip //bench:gpu_bench
"""

import argparse
import pathlib
import sys

import capacity_check
import capacity_measure
import capacity_tables
from cluster import ROOT
from simulator import SCENARIOS

PROFILE = SCENARIOS / "profiles/shapes32-cpu.json"


def _numbers(kind):
  return lambda text: [kind(part) for part in text.split(",")]


def _add_measure(commands):
  measure = commands.add_parser("measure", help="write this machine's profile")
  measure.add_argument("--threads", type=int, default=1, help="threads of each process (default: 1)")
  measure.add_argument("--rounds", type=int, default=8, help="times that each batch is drawn; the best counts (default: 8)")
  measure.add_argument("--pictures", type=int, default=40, help="pictures that are drawn one at a time on a cluster (default: 40)")
  measure.add_argument("--checkpoint", type=pathlib.Path, default=capacity_measure.CHECKPOINT)
  measure.add_argument("--out", type=pathlib.Path, default=PROFILE)
  measure.set_defaults(run=capacity_measure.run)


def _add_check(commands):
  check = commands.add_parser("check", help="compare the simulator with a real cluster")
  check.add_argument("--profile", type=pathlib.Path, default=PROFILE)
  check.add_argument("--replicas", type=_numbers(int), default=[1, 2, 3], help="of prior and of decoder each (default: 1,2,3)")
  check.add_argument("--load", type=float, default=0.7, help="share of the capacity that the simulator predicts (default: 0.7)")
  check.add_argument("--duration", type=float, default=120, help="seconds that count (default: 120)")
  check.add_argument("--warm", type=float, default=10, help="seconds before (default: 10)")
  check.add_argument("--slo", type=float, default=10, help="seconds that a picture may take to count (default: 10)")
  check.add_argument("--within", type=float, default=0.15, help="share by which goodput and mean may differ (default: 0.15)")
  check.add_argument("--out", type=pathlib.Path, default=ROOT / "out/bench/capacity_check.md")
  check.set_defaults(run=capacity_check.run)


def _add_tables(commands):
  tables = commands.add_parser("tables", help="make the tables of docs/capacity.md")
  tables.add_argument("--rates", type=_numbers(float), default=[10.0, 100.0, 1000.0], help="pictures a second (default: 10,100,1000)")
  tables.add_argument("--write", type=pathlib.Path, help="the page to put them into (default: print them)")
  tables.set_defaults(run=capacity_tables.run_tables)


def main():
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  commands = parser.add_subparsers(required=True)
  for add in (_add_measure, _add_check, _add_tables):
    add(commands)
  options = parser.parse_args()
  return options.run(options)


if __name__ == "__main__":
  sys.exit(main())
