"""Tests of capacity_measure.py: what is made of the services' metrics."""

import pytest

import metrics_reading
from capacity_measure import MeasurementFailed, lone_from_metrics


def reading(count, seconds):
  """All metrics after `count` pictures whose stages took `seconds` in all, from two priors of which one drew none."""

  def stages(service, names, drawn=count):
    return metrics_reading.parse(
        "".join(
            f'unclip_{service}_stage_seconds_count{{stage="{name}"}} {drawn}\n'
            f'unclip_{service}_stage_seconds_sum{{stage="{name}"}} {seconds * number if drawn else 0}\n'
            for number, name in enumerate(names, 1)
        )
    )

  return {
      "gateway": [stages("gateway", ["embed_text", "prior", "encode"])],
      "prior": [stages("prior", ["prior"]), stages("prior", ["prior"], drawn=0)],
      "decoder": [stages("decoder", ["decoder", "super_res"])],
  }


def test_a_stage_takes_what_was_added_for_the_pictures():
  lone = lone_from_metrics(reading(2, 1.0), reading(6, 9.0), [3.0, 5.0, 4.0, 4.0])
  assert lone.seconds == 4
  assert lone.stages == pytest.approx({"embed_text": 2, "prior": 2, "decoder": 2, "super_res": 4, "encode": 6})


def test_pictures_of_someone_else_are_noticed():
  with pytest.raises(MeasurementFailed, match="gateway counts 5 times embed_text for 4 pictures"):
    lone_from_metrics(reading(2, 1.0), reading(7, 9.0), [1.0] * 4)
