"""The cluster behind the mock gateway: jobs that go step by step and draw shapes."""

import dataclasses
import itertools
import random
import threading
import time

import mock_picture

EXAMPLES = [
    "a large red heart above a small blue star on a white background",
    "a small green ring to the left of a large purple cross on a cyan background",
    "a large orange diamond on a gray background",
    "a large blue star on a pink background",
    "a small yellow circle below a large red square on a black background",
]
PRESETS = [
    {"name": name, "prior_step_count": prior, "decoder_step_count": decoder, "super_res_step_count": 7,
     "prior_sampler": sampler, "decoder_sampler": decoder_sampler, "super_res_sampler": "ancestral"}
    for name, prior, sampler, decoder, decoder_sampler in (
        ("quality", 25, "ancestral", 25, "ancestral"),
        ("balanced", 10, "dpm_solver", 15, "ancestral"),
        ("fast", 4, "dpm_solver", 8, "dpm_solver"),
    )
]  # fmt: skip
FINAL = ("succeeded", "failed", "cancelled")


def _range(minimum, maximum, default):
  return {"minimum": minimum, "maximum": maximum, "default": default}


def told_parameters(parameters):
  """The settings as a job tells them: all of them, but for the preset, which stands for steps and samplers."""
  preset = next(preset for preset in PRESETS if preset["name"] == parameters["preset"])
  told = {"prompt": "", "negative_prompt": "", "candidate_count": 2, "prior_guidance_scale": 4.0, "decoder_guidance_scale": 8.0}
  told |= {name: preset[name] for name in ("prior_step_count", "decoder_step_count", "super_res_step_count")}
  told |= {name: value for name, value in parameters.items() if name != "preset"}
  told["super_res_step_counts"] = [int(told.pop("super_res_step_count"))]
  return {**told, "n": int(told["n"]), "seed": int(told["seed"]), "seed_string": str(told["seed"])}


class Job:
  """A job, and what its watchers are told. Watchers wait on `changed`."""

  def __init__(self, kind, parameters):
    self.changed = threading.Condition()
    self.kind = kind
    self.parameters = parameters
    self.state = {
        "id": f"job_{random.randrange(16**12):012x}",
        "object": "job",
        "kind": kind,
        "status": "queued",
        "created_at": int(time.time()),
        "started_at": None,
        "finished_at": None,
        "expires_at": None,
        "queue_position": 0,
        "progress": {"fraction": 0, "stage": None, "step": 0, "step_count": 0, "image_index": 0, "eta_seconds": None},
        "parameters": told_parameters(parameters),
        "result": None,
        "error": None,
    }
    self.images = {}
    self.previews = {}
    self.events = []

  @property
  def id(self):
    return self.state["id"]

  def without_result(self):
    return {**self.state, "result": None}

  def tell(self, name, data):
    with self.changed:
      self.events.append((name, data))
      self.changed.notify_all()

  def turn(self, status, **fields):
    """Changes the status; False if it is final already."""
    with self.changed:
      if self.state["status"] in FINAL:
        return False
      self.state.update(status=status, **fields)
      now = int(time.time())
      self.state["queue_position"] = 0 if status == "queued" else None
      if status == "running":
        self.state["started_at"] = now
      if status in FINAL:
        self.state.update(finished_at=now, expires_at=now + 3600)
      self.tell("status", dict(self.state) if status in FINAL else self.without_result())
      return True

  def backlog(self):
    """What a late watcher is told, and how many of the events that covers."""
    with self.changed:
      if self.state["status"] in FINAL:
        return [*self.images_told(), ("status", dict(self.state))], len(self.events)
      previews = [("preview", preview) for index, preview in self.previews.items() if index not in self.images]
      return [("status", self.without_result()), *previews, *self.images_told()], len(self.events)

  def images_told(self):
    return [("image", {"image_index": index, **image}) for index, image in sorted(self.images.items())]


@dataclasses.dataclass
class Cluster:
  """What the tests set: how fast it is, what is down, and whether there is room."""

  native_side: int = 32
  step_seconds: float = 0.008
  queue_full_seconds: float = 0
  hold: bool = False
  fail_with: str = ""
  variations: bool = True
  services: dict = dataclasses.field(default_factory=lambda: {"clip": True, "prior": True, "decoder": True})
  jobs: dict = dataclasses.field(default_factory=dict)
  last_request: dict = dataclasses.field(default_factory=dict)

  def down(self):
    return [name for name, up in self.services.items() if not up]

  def capabilities(self):
    native = f"{self.native_side}x{self.native_side}"
    sides = sorted({self.native_side, 64, 128, 256, 512})
    model = {"name": "mock", "fingerprint": "0" * 16, "dtype": "float32", "parameter_count": 1_000_000}
    steps = {f"{stage}_step_count": _range(2, 1000, count) for stage, count in (("prior", 25), ("decoder", 25), ("super_res", 7))}
    scales = {f"{stage}_guidance_scale": _range(0, 100, scale) for stage, scale in (("prior", 4.0), ("decoder", 8.0))}
    return {
        "model": {"id": "mock-shapes", "clip": model, "prior": model, "decoder": model},
        "native_size": native,
        "sizes": [f"{side}x{side}" for side in sides],
        "output_formats": ["png", "jpeg", "webp"],
        "n": _range(1, 10, 1),
        "candidate_count": _range(1, 16, 2),
        **steps,
        "super_res_count": 1,
        **scales,
        "resample_count": _range(1, 20, 5),
        "jump_length": _range(1, 999, 5),
        "max_prompt_bytes": 32768,
        "presets": PRESETS,
        "variations": self.variations,
        "edits": True,
        "examples": EXAMPLES,
        "services": self.services,
    }

  def start(self, kind, parameters, source=None, mask=None):
    job = Job(kind, parameters)
    self.jobs[job.id] = job
    threading.Thread(target=self._run, args=(job, source, mask), daemon=True).start()
    return job

  def _stages(self, job):
    preset = next(preset for preset in PRESETS if preset["name"] == job.parameters["preset"])
    names = ("decoder", "super_res") if job.kind == "variation" else ("prior", "decoder", "super_res")
    return [(name, int(job.parameters.get(f"{name}_step_count", preset[f"{name}_step_count"]))) for name in names]

  def _run(self, job, source, mask):
    while self.hold:
      time.sleep(0.02)
    if not job.turn("running"):
      return
    started = time.monotonic()
    count = int(job.parameters["n"])
    pictures = [self._picture(job, index, source, mask) for index in range(count)]
    stages = self._stages(job)
    total = count * sum(steps for _, steps in stages)
    done = 0
    for (stage, steps), index in itertools.product(stages, range(count)):
      for step in range(1, steps + 1):
        time.sleep(self.step_seconds)
        if job.state["status"] in FINAL:
          return
        if self.fail_with and stage == "decoder" and step == steps // 2:
          error = {"message": self.fail_with, "type": "server_error", "param": None, "code": "service_unavailable"}
          job.turn("failed", error=error)
          return
        done += 1
        self._tell_step(job, stage, step, steps, index, done, total)
        if stage != "prior" and step % 3 == 0:
          share = step / steps * (0.75 if stage == "decoder" else 0.25) + (0 if stage == "decoder" else 0.75)
          self._tell_preview(job, index, mock_picture.blurred_with_noise(pictures[index], step, share))
      if stage == stages[-1][0]:
        self._finish_picture(job, index, pictures[index], started)
    job.turn("succeeded", result=self._result(job))

  def _tell_step(self, job, stage, step, steps, index, done, total):
    progress = {"fraction": done / total, "stage": stage, "step": step, "step_count": steps, "image_index": index,
                "eta_seconds": (total - done) * self.step_seconds}  # fmt: skip
    job.state["progress"] = progress
    job.tell("progress", progress)

  def _tell_preview(self, job, index, picture):
    preview = {"image_index": index, "b64_json": picture.to_base64(), "output_format": "png", "size": picture.size}
    job.previews[index] = preview
    job.tell("preview", preview)

  def _picture(self, job, index, source, mask):
    seed = int(job.parameters["seed"]) + index
    prompt = job.parameters.get("prompt", "")
    if source is None or mask is not None:
      drawn = mock_picture.draw(prompt, seed, self.native_side)
      return drawn if source is None else mock_picture.merged(source, drawn, mask)
    return mock_picture.blurred_with_noise(source.resized(self.native_side), seed, 0.88)

  def _finish_picture(self, job, index, picture, started):
    side = int(job.parameters["size"].split("x")[0])
    seed = int(job.parameters["seed"]) + index
    generator = random.Random(seed)
    similarities = [round(generator.uniform(9, 14), 3) for _ in range(int(job.parameters.get("candidate_count", 2)))]
    total = int(1000 * (time.monotonic() - started))
    image = {
        "b64_json": (picture if side == picture.width else picture.resized(side)).to_base64(),
        "seed": seed,
        "seed_string": str(seed),
        "similarity": max(similarities),
        "candidate_similarities": similarities,
        "candidate_index": similarities.index(max(similarities)),
        "timings": {"prior_ms": total // 4, "decoder_ms": total // 2, "super_res_ms": total // 4, "encode_ms": 1, "total_ms": total},
    }
    if job.kind == "variation":
      image.update(similarity=None, candidate_similarities=[])
    job.images[index] = image
    job.tell("image", {"image_index": index, **image})

  def _result(self, job):
    native = f"{self.native_side}x{self.native_side}"
    size = job.parameters["size"]
    warnings = [] if size == native else [f"The pictures were resampled to {size} from the model's own {native}."]
    return {
        "created": int(time.time()),
        "size": size,
        "output_format": "png",
        "quality": "standard",
        "background": "opaque",
        "request_id": "mock",
        "warnings": warnings,
        "usage": {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0},
        "data": [job.images[index] for index in sorted(job.images)],
    }
