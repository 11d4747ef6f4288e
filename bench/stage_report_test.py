"""Tests of stage_report."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import stage_report  # pylint: disable=wrong-import-position
from measuring import Measured  # pylint: disable=wrong-import-position
from settings import Drawing, Settings  # pylint: disable=wrong-import-position

FEW = Settings(prior_steps=3, decoder_steps=2, super_res_steps=2)
STAGES = {"embed_text": 0.5, "prior": 3.0, "decoder": 4.0, "super_res": 10.0, "encode": 0.25}
FORWARD = {"embed_text": 1e9, "prior": 2e9, "decoder": 3e9, "super_res": 5e9}


def measured(*counts, scale=1.0):
  side = Measured()
  for count in counts:
    side.add(count, Drawing(18.0 * scale, b"", {stage: seconds * scale for stage, seconds in STAGES.items()}))
  return side


def test_forward_passes_are_doubled_by_guidance_and_the_priors_by_candidates():
  assert stage_report.forward_counts(FEW, 2) == {"embed_text": 2, "prior": 12, "decoder": 4, "super_res": 2}
  unguided = Settings(prior_guidance=1.0, decoder_guidance=0.0)
  assert stage_report.forward_counts(unguided, 1) == {"embed_text": 1, "prior": 25, "decoder": 25, "super_res": 7}


def test_karlos_picture_has_the_work_that_is_known():
  karlo = {"embed_text": 0.013e12, "prior": 0.164e12, "decoder": 0.608e12, "super_res": 8.50e12}
  flops = stage_report.picture_flops(karlo, Settings(), 2)
  assert [flops[stage] / 1e12 for stage in ("prior", "decoder", "super_res")] == pytest.approx([16.4, 30.4, 59.5])


def test_median_stages_are_those_of_each_stage():
  pictures = [{"prior": 1.0, "decoder": 9.0}, {"prior": 2.0, "decoder": 8.0}, {"prior": 3.0, "decoder": 1.0}]
  medians = stage_report.median_stages(pictures)
  assert (medians["prior"], medians["decoder"], medians["encode"]) == (2.0, 8.0, 0.0)


def test_extrapolation_takes_each_step_as_measured_and_leaves_the_rest():
  # A quarter of a second of the 18 is in no stage; it stays, as the text and the encoding do.
  assert stage_report.extrapolate(18.0, STAGES, FEW) == pytest.approx(0.5 + 25 * 1.0 + 25 * 2.0 + 7 * 5.0 + 0.25 + 0.25)
  assert stage_report.extrapolate(18.0, STAGES, FEW, target=FEW) == 18.0


def test_rows_tell_all_stages_once_and_then_what_more_candidates_change():
  rows = stage_report.stage_rows(measured(1, 2), measured(1, 2, scale=2.0), Settings(), FORWARD)
  assert [row.name for row in rows] == [
      "text", "prior", "decoder", "upsampler", "encoding", "whole picture", "prior, best of 2", "whole picture, best of 2",
  ]  # fmt: skip
  assert all(row.ratio == 0.5 for row in rows)


def test_fewer_steps_are_extrapolated_and_say_so():
  rows = stage_report.stage_rows(measured(2), measured(2), FEW, FORWARD)
  assert rows[-1].name == "*whole picture, best of 2, extrapolated to 25/25/7 steps*"
  assert rows[-1].cluster == pytest.approx(111.0)


def test_row_tells_seconds_a_step_and_the_share_of_the_peak():
  row = stage_report.StageRow("prior", 2.0, 4.0, steps=4, flops=100e9)
  assert row.cells(200e9) == ["prior", "2.000", "4.000", "0.50", "0.5", "1", "50 (25%)", "25 (12%)"]
  assert row.cells(0)[-1] == "25"
  assert stage_report.StageRow("encoding", 1.0, 0.0).cells(200e9) == ["encoding", "1.000", "0.000", "nan", "", "", "", ""]


def test_table_has_a_line_for_each_row_and_names_the_peaks():
  row = stage_report.StageRow("prior", 2.0, 4.0, steps=4, flops=100e9)
  text = stage_report.stage_table([row], "diffusers", {"matmul": 100e9, "convolution": 400e9})
  lines = text.split("\n")
  assert len({line.count("|") for line in lines[:3]}) == 1
  assert "(12%)" in lines[2]
  assert "100 GFLOP/s in a matmul and 400 GFLOP/s in a convolution" in lines[-1]
  assert "GFLOP/s in a" not in stage_report.stage_table([row], "diffusers", {})
