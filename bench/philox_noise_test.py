"""Tests of philox_noise."""

import pathlib
import sys

import numpy

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import philox_noise  # pylint: disable=wrong-import-position


def test_gives_the_known_answers():
  # Of the Random123 distribution, as in model/diffusion/philox_noise_test.
  zero = philox_noise.philox4x32([[0]] * 4, (0, 0))
  assert zero[:, 0].tolist() == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
  pi = philox_noise.philox4x32([[0x243F6A88], [0x85A308D3], [0x13198A2E], [0x03707344]], (0xA4093822, 0x299F31D0))
  assert pi[:, 0].tolist() == [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1]


def test_a_shorter_draw_is_the_beginning_of_a_longer_one():
  long = philox_noise.normals(7, 1, philox_noise.DECODER, 3, 1000)
  assert numpy.array_equal(philox_noise.normals(7, 1, philox_noise.DECODER, 3, 10), long[:10])
  assert abs(long.mean()) < 0.1 and abs(long.std() - 1) < 0.1


def test_every_part_of_the_key_counts():
  draws = [
      philox_noise.normals(seed, sample, stage, step, 4).tolist()
      for seed in (7, 8, 7 + 2**32)
      for sample in (0, 1)
      for stage in (philox_noise.PRIOR, philox_noise.SUPER_RES)
      for step in (philox_noise.START, 0, 5)
  ]
  assert len({tuple(draw) for draw in draws}) == len(draws)
