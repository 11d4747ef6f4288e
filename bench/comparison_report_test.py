"""Tests of comparison_report."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import comparison_report  # pylint: disable=wrong-import-position

FASTER = comparison_report.Row("picture", "s", [1.0, 1.2, 1.1], [2.2, 2.0, 2.4])
LARGER = comparison_report.Row("memory", "MiB", [600.4], [500.0])


def test_row_tells_median_spread_and_ratio():
  assert FASTER.cells() == ["picture, s", "1.10 (1.00–1.20)", "2.20 (2.00–2.40)", "0.50"]
  assert LARGER.cells() == ["memory, MiB", "600", "500", "1.20"]


def test_worse_names_what_exceeds_the_reference():
  assert comparison_report.worse([FASTER]) == []
  assert comparison_report.worse([FASTER, LARGER]) == ["memory"]


def test_worse_leaves_out_what_is_not_judged():
  row = comparison_report.Row("memory", "MiB", [600.0], [500.0], judged=False)
  assert comparison_report.worse([row]) == []


def test_table_has_a_line_for_each_row():
  lines = comparison_report.table([FASTER, LARGER], "diffusers").split("\n")
  assert lines[0] == "|  | Unclip | diffusers | ratio |"
  assert len(lines) == 4


def test_section_is_replaced_between_its_markers():
  text = "before\n<!-- a -->\nold\n<!-- /a -->\nafter"
  assert comparison_report.replace_section(text, "a", "new") == "before\n<!-- a -->\nnew\n<!-- /a -->\nafter"


@pytest.mark.parametrize("text", ["", "<!-- a -->", "<!-- /a -->"])
def test_missing_marker_is_an_error(text):
  with pytest.raises(ValueError, match="are not there"):
    comparison_report.replace_section(text, "a", "new")
