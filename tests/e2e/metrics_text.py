"""Reads Prometheus's text format (version 0.0.4), and refuses what is not of it."""

import math
import re
import urllib.request

_SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(\{.*\})? (\S+)(?: \d+)?")
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"')
_KINDS = {"counter", "gauge", "histogram", "summary", "untyped"}


class Metrics:
  """kinds: name of a family to its kind; samples: name of a sample to a list of (labels, value)."""

  def __init__(self, text):
    self.kinds = {}
    self.samples = {}
    if not text.endswith("\n"):
      raise ValueError("the last line has no end")
    for line in text.splitlines():
      self._read(line)

  def _read(self, line):
    if line.startswith("# TYPE "):
      _, _, name, kind = line.split(" ")
      if kind not in _KINDS or name in self.kinds:
        raise ValueError(f"wrong or repeated: {line}")
      self.kinds[name] = kind
      return
    if not line or line.startswith("#"):
      return
    match = _SAMPLE.fullmatch(line)
    if not match:
      raise ValueError(f"not a sample: {line}")
    labels = (match[2] or "{}")[1:-1]
    if not re.fullmatch(rf"(?:{_LABEL.pattern}(?:,|$))*", labels):
      raise ValueError(f"wrong labels: {line}")
    value = float(match[3])
    self.samples.setdefault(match[1], []).append((dict(pair for pair in _LABEL.findall(labels)), value))

  def value(self, name, **labels):
    """The sum of the samples of this name that have these labels; 0 when there are none."""
    return math.fsum(value for have, value in self.samples.get(name, []) if labels.items() <= have.items())


def read_metrics(address):
  with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as response:
    return Metrics(response.read().decode())
