"""Measures what the machine can do at most: a large matrix product and a convolution, with torch.

usage: machine_peak.py THREADS DTYPE...

Prints a JSON object: for each dtype, the floating-point operations a second of the best of several runs (two for a multiplication and its
addition). The convolution is that of Karlo's upsampler which costs most (3x3, 320 channels, 256 x 256); it is tried in both memory formats.
"""

import json
import sys
import time

import torch
import torch.nn.functional as F

MATMUL_SIZE = 4096
CHANNELS, SIDE = 320, 256
# Runs go on until so much time has passed, and at least so many times.
SECONDS = 3.0
LEAST_RUNS = 2


def best_rate(run, operations):
  """Operations a second of the fastest run, after one that does not count."""
  run()
  best = float("inf")
  begin = time.perf_counter()
  runs = 0
  while runs < LEAST_RUNS or time.perf_counter() - begin < SECONDS:
    start = time.perf_counter()
    run()
    best = min(best, time.perf_counter() - start)
    runs += 1
  return operations / best


def matmul_rate(dtype):
  left, right = (torch.randn(MATMUL_SIZE, MATMUL_SIZE).to(dtype) for _ in range(2))
  return best_rate(lambda: left @ right, 2 * MATMUL_SIZE**3)


def convolution_rate(dtype):
  picture = torch.randn(1, CHANNELS, SIDE, SIDE).to(dtype)
  weight = torch.randn(CHANNELS, CHANNELS, 3, 3).to(dtype)
  operations = 2 * 9 * CHANNELS**2 * SIDE**2

  def rate(memory_format):
    x, w = (tensor.contiguous(memory_format=memory_format) for tensor in (picture, weight))
    return best_rate(lambda: F.conv2d(x, w, padding=1), operations)

  return max(rate(memory_format) for memory_format in (torch.contiguous_format, torch.channels_last))


def main():
  torch.set_num_threads(int(sys.argv[1]))
  rates = {}
  with torch.inference_mode():
    for name in sys.argv[2:]:
      dtype = getattr(torch, name)
      rates[name] = {"matmul": matmul_rate(dtype), "convolution": convolution_rate(dtype)}
  print(json.dumps(rates))


if __name__ == "__main__":
  main()
