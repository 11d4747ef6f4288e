"""Tests of load_report."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import load_report  # pylint: disable=wrong-import-position
from load_report import Outcome  # pylint: disable=wrong-import-position

# Against an SLO of 2 s: one in time, one past it, one whose deadline passed, one rejected, two that failed.
OUTCOMES = [
    Outcome(10.0, 10.0, 11.0, "OK", first_preview=10.5),
    Outcome(11.0, 11.25, 14.0, "OK", first_preview=11.75),
    Outcome(12.0, 12.0, 14.0, "DEADLINE_EXCEEDED"),
    Outcome(13.0, 13.0, 13.0, "RESOURCE_EXHAUSTED"),
    Outcome(14.0, 14.0, 14.5, "UNAVAILABLE"),
    Outcome(15.0, 15.0, 15.5, "UNAVAILABLE"),
]


@pytest.mark.parametrize(
    "values, share, expected",
    [
        ([3.0, 1.0, 2.0], 0.5, 2.0),
        ([3.0, 1.0, 2.0], 1.0, 3.0),
        ([5.0], 0.99, 5.0),
        (list(range(1, 101)), 0.95, 95),
        ([1.0], 0.0, 1.0),
        ([], 0.5, None),
    ],
)
def test_percentile_is_one_of_the_values(values, share, expected):
  assert load_report.percentile(values, share) == expected


def test_counts_add_up_to_what_was_sent():
  summary = load_report.summarize_open(OUTCOMES, 2.0, (10.0, 20.0))
  assert [summary[key] for key in ("sent", "finished", "late", "rejected", "failed")] == [6, 1, 2, 1, 2]
  assert summary["failed_by_code"] == {"UNAVAILABLE": 2}


def test_times_count_from_when_a_request_was_due():
  summary = load_report.summarize_open(OUTCOMES, 2.0, (10.0, 20.0))
  assert summary["latency_seconds"] == {"mean": 2.0, "p50": 1.0, "p95": 3.0, "p99": 3.0}
  assert summary["first_preview_seconds"] == {"count": 2, "p50": 0.5, "p95": 0.75}
  assert summary["greatest_send_lag_seconds"] == 0.25


def test_open_rates_are_those_of_the_window():
  summary = load_report.summarize_open(OUTCOMES, 2.0, (10.0, 20.0))
  assert [summary[key] for key in ("offered_rate", "achieved_rate", "goodput")] == pytest.approx([0.6, 0.2, 0.1])


def test_open_rates_count_pictures_that_came_in_the_window():
  # The first was asked for and came before; the second was asked for before and came in it.
  summary = load_report.summarize_open(OUTCOMES, 4.0, (12.0, 16.0))
  assert summary["sent"] == 4
  assert summary["achieved_rate"] == summary["goodput"] == pytest.approx(0.25)


def test_closed_rates_are_over_the_whole_load():
  summary = load_report.summarize_closed(OUTCOMES, 2.0)
  assert summary["seconds"] == 5.5
  assert [summary["achieved_rate"], summary["goodput"]] == pytest.approx([2 / 5.5, 1 / 5.5])


def test_nothing_that_came_leaves_gaps_in_the_table():
  summary = load_report.summarize_open([OUTCOMES[3]], 2.0, (10.0, 20.0))
  assert summary["latency_seconds"]["p50"] is None
  assert "–" in load_report.row("1 a second", summary)


def test_table_has_a_cell_for_each_heading():
  summary = load_report.summarize_open(OUTCOMES, 2.0, (10.0, 20.0))
  lines = load_report.table([load_report.row("1 a second", summary)]).split("\n")
  assert len(lines) == 3
  assert len({len(line) for line in lines}) == 1
  assert len({line.count("|") for line in lines}) == 1
  assert lines[2].startswith("| 1 a second | ")
  assert lines[2].endswith(" 2 UNAVAILABLE |")
