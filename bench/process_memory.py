"""How much memory processes hold, from /proc.

Two measures, since neither tells all: the proportional set size (PSS) counts a page that k processes share as 1/k in each, so that the
sum over processes is what they hold together; the kernel's own high-water mark of the resident set (VmHWM) misses no peak, but a page that
several processes share is counted in each.
"""

import pathlib
import re
import threading
import time


def _field(text, name):
  """The value of a line `name: N kB`, in bytes, or 0 if there is none."""
  match = re.search(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE)
  return int(match[1]) * 1024 if match else 0


def pss_bytes(pid):
  """PSS now; 0 when the process has ended."""
  try:
    return _field(pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(), "Pss")
  except OSError:
    return 0


def peak_rss_bytes(pid):
  """VmHWM."""
  return _field(pathlib.Path(f"/proc/{pid}/status").read_text(), "VmHWM")


class PeakPss:
  """Samples the sum of the processes' PSS from a thread of its own until stop(). `find` names the processes, anew each time."""

  def __init__(self, find, interval_seconds=0.02):
    self.peak_bytes = 0
    self._find = find
    self._interval_seconds = interval_seconds
    self._stopped = threading.Event()
    self._thread = threading.Thread(target=self._run, daemon=True)
    self._thread.start()

  def _run(self):
    while not self._stopped.wait(self._interval_seconds):
      self.peak_bytes = max(self.peak_bytes, sum(map(pss_bytes, self._find())))

  def stop(self):
    self._stopped.set()
    self._thread.join()
    return self.peak_bytes


def busy_share(seconds=1.0):
  """The share of all cores that was busy during the next `seconds`."""

  def read():
    fields = [int(field) for field in pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return sum(fields), fields[3] + fields[4]

  total, idle = read()
  time.sleep(seconds)
  total_after, idle_after = read()
  return 1 - (idle_after - idle) / max(1, total_after - total)
