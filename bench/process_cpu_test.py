"""Tests of process_cpu.py, on this very process."""

import os
import pathlib
import time

import pytest

import process_cpu


def test_time_is_what_the_process_says_of_itself():
  begin = time.process_time()
  while time.process_time() < begin + 0.05:
    pass
  # In ticks of a hundredth, each of the two parts rounded down.
  assert process_cpu.sum_seconds([os.getpid()]) == pytest.approx(time.process_time(), abs=0.05)


def test_a_process_is_found_by_its_program():
  name = pathlib.Path("/proc/self/comm").read_text().strip()
  assert process_cpu.find([1, os.getpid()], name) == os.getpid() or os.getpid() == 1
  with pytest.raises(ValueError, match="not enough values"):
    process_cpu.find([os.getpid()], "no such program")
