"""Tests of capacity_profile.py."""

import pytest

from capacity_profile import Lone, at_speed, make_profile, median_picture_seconds, step_tables


def batch(pictures, prior, decoder, upsampler):
  # The second round was held up by something else.
  rounds = [{"stages": {"prior": prior * f, "decoder": decoder * f, "upsampler": upsampler * f}} for f in (1, 3)]
  return {"pictures": pictures, "rounds": rounds}


MEASURED = {
    "steps": [25, 20, 5],
    "candidates": 2,
    "batches": [batch(1, 0.025, 0.2, 0.1), batch(2, 0.05, 0.36, 0.15), batch(3, 0.06, 0.6, 0.3), batch(4, 0.075, 0.7, 0.28)],
}
# Steps take a tenth longer in the services than by themselves, but for the upsampler's, which are said to be faster.
LONE = Lone(seconds=0.4, stages={"embed_text": 0.01, "prior": 0.0275, "decoder": 0.22, "super_res": 0.09, "encode": 0.002})


def profile(threads):
  return make_profile(
      {"provisional": "a test"}, MEASURED, threads, LONE, {"clip": 1.0, "prior": 2.0, "decoder": 3.0}, {"decoder": threads, "prior": 64}
  )


def test_a_picture_alone_takes_the_median_of_all_rounds_and_processes():
  # 0.325 and three times that, each twice.
  assert median_picture_seconds([MEASURED, MEASURED]) == pytest.approx(0.65)


def test_a_thread_has_no_lanes():
  tables = step_tables(MEASURED, 1)
  assert tables.lanes == {}
  assert tables.whole["prior"] == pytest.approx({4: 0.001, 8: 0.002, 12: 0.0024, 16: 0.003})
  assert tables.whole["decoder"] == pytest.approx({2: 0.01, 4: 0.018, 6: 0.03, 8: 0.035})
  assert tables.whole["super_res"] == pytest.approx({1: 0.02, 2: 0.03, 3: 0.06, 4: 0.056})


def test_requests_that_fill_the_threads_are_on_lanes():
  tables = step_tables(MEASURED, 2)
  assert tables.whole["prior"] == pytest.approx({4: 0.001, 8: 0.002, 12: 0.0024, 16: 0.003})
  assert tables.whole["decoder"] == pytest.approx({2: 0.01, 6: 0.03})
  assert tables.lanes["decoder"] == pytest.approx({2: 0.018, 4: 0.035})
  assert tables.lanes["super_res"] == pytest.approx({1: 0.03, 2: 0.056})


def test_a_lone_picture_takes_in_the_profile_what_it_took_on_the_cluster():
  made = profile(2)
  stages = {stage["name"]: stage for service in ("clip", "prior", "decoder") for stage in made[service]["stages"]}
  assert 25 * stages["prior"]["step_seconds"]["4"] == pytest.approx(0.0275)
  assert 20 * stages["decoder"]["step_seconds"]["2"] == pytest.approx(0.22)
  # Nothing is served faster than it is computed.
  assert 5 * stages["super_res"]["step_seconds"]["1"] == pytest.approx(0.1)
  call = made["gateway"]["call_seconds"]
  assert stages["embed_text"]["step_seconds"]["1"] == pytest.approx(max(1e-6, 0.01 - call))
  assert call == pytest.approx((0.4 - 0.3495) / 2)
  assert made["gateway"]["picture_seconds"] == 0.002


def test_says_what_the_services_allow():
  made = profile(2)
  decoder, super_res = made["decoder"]["stages"]
  assert decoder["max_rows"] == 2 and "max_rows" not in super_res
  assert super_res["last_step_apart"]
  assert made["decoder"]["threads"] == 2 and made["decoder"]["load_seconds"] == 3.0
  assert "lane_step_seconds" not in profile(1)["decoder"]["stages"][0]
  assert made["about"]["served_over_engine"] == {"prior": 1.1, "decoder": 1.1, "super_res": 1.0}


def test_a_slower_machine_takes_longer_for_everything_but_loading():
  before = profile(2)
  before["about"] |= {"lone_picture_seconds": 0.4, "core_seconds": 0.5, "client_seconds": 0.02}
  after = at_speed(before, 1.5)
  assert after["about"]["lone_picture_seconds"] == pytest.approx(0.6) and after["about"]["client_seconds"] == pytest.approx(0.03)
  assert after["gateway"]["picture_seconds"] == pytest.approx(0.003)
  assert after["clip"]["load_seconds"] == 1.0
  for service in ("clip", "prior", "decoder"):
    for old, new in zip(before[service]["stages"], after[service]["stages"], strict=True):
      for table in {"step_seconds", "lane_step_seconds"} & old.keys():
        assert new[table] == pytest.approx({rows: 1.5 * seconds for rows, seconds in old[table].items()}, abs=1e-8)
