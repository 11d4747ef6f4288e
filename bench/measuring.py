"""Measures sides (a cluster, a reference): how long they load, how long pictures take, and how much memory they hold.

A side is started by a function, which takes `on_start` as Cluster and Reference do.
"""

import dataclasses
import time

import process_memory

PROMPTS = [
    "a large red heart above a small blue star on a white background",
    "a small green circle to the left of a large yellow square on a gray background",
    "a large purple ring on a cyan background",
    "a small orange triangle below a large white cross on a black background",
    "a large blue diamond to the right of a small black circle on a pink background",
]
# Lets worker threads of the side that was measured last stop spinning.
PAUSE_SECONDS = 0.5


@dataclasses.dataclass
class Measured:
  """What was measured of a side."""

  loads: list[float] = dataclasses.field(default_factory=list)
  # For each count of candidates, the seconds of the pictures; `stages` has for each picture those of its stages.
  pictures: dict[int, list[float]] = dataclasses.field(default_factory=dict)
  stages: dict[int, list[dict[str, float]]] = dataclasses.field(default_factory=dict)
  # In bytes: "pss_peak" (not of those measured alone), "pss_loaded", and "vm_hwm" by process.
  memory: dict = dataclasses.field(default_factory=dict)

  def add(self, candidates, drawing):
    self.pictures.setdefault(candidates, []).append(drawing.seconds)
    self.stages.setdefault(candidates, []).append(drawing.stages)


def in_turns(round_index, sides):
  """The sides, the one that goes first changing from round to round."""
  items = list(sides.items())
  return items if round_index % 2 == 0 else items[::-1]


def measure_loads(sides, count, measured):
  """Load times of each side: count of them, after one that is left out."""
  for i in range(count + 1):
    for name, start in in_turns(i, sides):
      side = start()
      side.stop()
      if i > 0:
        measured[name].loads.append(side.load_seconds)
        print(f"  load {i}/{count} {name}: {side.load_seconds:.2f} s", flush=True)


def _draw(name, side, plan, round_index, measured):
  """One picture for each count of candidates."""
  for candidates in plan.candidates:
    time.sleep(PAUSE_SECONDS)
    drawing = side.draw(PROMPTS[round_index % len(PROMPTS)], 100 + round_index, plan.settings, candidates)
    if not drawing.file.startswith(b"\x89PNG"):
      raise RuntimeError(f"{name} drew no PNG")
    measured.add(candidates, drawing)
    best = f" of {candidates} candidates" if candidates > 1 else ""
    print(f"  picture {round_index + 1}/{plan.rounds}{best} {name}: {drawing.seconds:.2f} s", flush=True)


def _warm(side, plan):
  """Pictures that are left out."""
  for candidates in plan.candidates * plan.warm_pictures:
    side.draw(PROMPTS[0], 1, plan.settings, candidates)


def measure_pictures(sides, plan, measured):
  """Picture times of each side; all run together, and take turns."""
  running = {}
  try:
    for name, start in sides.items():
      running[name] = start()
      _warm(running[name], plan)
    for i in range(plan.rounds):
      for name, side in in_turns(i, running):
        _draw(name, side, plan, i, measured[name])
  finally:
    for side in running.values():
      side.stop()


def _vm_hwm(side):
  return {str(pid): process_memory.peak_rss_bytes(pid) for pid in side.processes}


def measure_memory(start, plan):
  """Memory of one side, in a run of its own: sampling takes time."""
  samplers = []
  side = start(on_start=lambda find: samplers.append(process_memory.PeakPss(find)))
  try:
    loaded = sum(map(process_memory.pss_bytes, side.processes))
    for i in range(2):
      side.draw(PROMPTS[i], i, plan.settings, plan.candidates[0])
    return {"pss_peak": samplers[0].stop(), "pss_loaded": loaded, "vm_hwm": _vm_hwm(side)}
  finally:
    samplers[0].stop()
    side.stop()


def measure_alone(name, start, plan, measured):
  """Everything of one side in one run, for those of which the machine holds only one at a time. Nothing is sampled meanwhile."""
  side = start()
  try:
    measured.loads.append(side.load_seconds)
    print(f"  load {name}: {side.load_seconds:.2f} s", flush=True)
    measured.memory = {"pss_loaded": sum(map(process_memory.pss_bytes, side.processes))}
    _warm(side, plan)
    for i in range(plan.rounds):
      _draw(name, side, plan, i, measured)
    measured.memory["vm_hwm"] = _vm_hwm(side)
  finally:
    side.stop()
