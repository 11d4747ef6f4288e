"""Time that processes were given on the cores, from /proc."""

import os
import pathlib

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
  """What a process has used until now, in all its threads, in its own code and in the kernel for it."""
  # The name, in brackets, may have spaces; the 14th and 15th field are ticks in user and kernel mode.
  fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
  return (int(fields[11]) + int(fields[12])) / _TICKS


def sum_seconds(pids):
  """cpu_seconds() of all of them."""
  return sum(map(cpu_seconds, pids))


def find(pids, name):
  """The one of the processes that runs a program of this name."""
  (pid,) = (pid for pid in pids if pathlib.Path(f"/proc/{pid}/comm").read_text().strip() == name)
  return pid
