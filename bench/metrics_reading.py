"""Reads what a process serves at /metrics."""

import re
import urllib.request

_SAMPLE = re.compile(r"^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$", re.MULTILINE)
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')


def parse(text):
  """[(name, labels, value)] of all samples."""
  return [(name, dict(_LABEL.findall(labels)), float(value)) for name, labels, value in _SAMPLE.findall(text)]


def value(samples, name, **labels):
  """The sum of the samples of this name that have these labels; None when there are none."""
  found = [number for have, its_labels, number in samples if have == name and labels.items() <= its_labels.items()]
  return sum(found) if found else None


def read(address, timeout=5):
  """The samples at http://ADDRESS/metrics; OSError when it cannot be reached."""
  with urllib.request.urlopen(f"http://{address}/metrics", timeout=timeout) as response:
    return parse(response.read().decode())
