"""Whether variations keep what a picture shows, and whether edits paint what is asked for into it and leave the rest alone.

usage: judge_edits.py [--count N] [--suites variations,resampling,...] [--target HOST:PORT] ...

Draws scenes of tests/world, lets a running cluster vary them and replace their first object, and judges the pictures. Starts a cluster of its own
without --target. Prints a table for each suite:
variations  how many variations have the shapes, colours, background, ... of their picture, at each speed.
prompt      how many pictures of the edits' prompts alone are right, for comparison.
resampling  how many edits show the scene with the new object, over resample counts and jump lengths, and how long one takes.
guidance    the same at other guidance scales of the decoder.
speeds      the same at each speed, with the default resampling.
masks       the same for masks of several widths.
The seam is the mean step, of 255, across the mask's border. Exits with 1 when a pixel that was to be kept is not what it was.
"""

import argparse
import concurrent.futures
import contextlib
import dataclasses
import io
import json
import pathlib
import random
import statistics
import sys
import time

import numpy
from PIL import Image

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
# pylint: disable=wrong-import-position  # their folder is known only now
import scene_shares  # noqa: E402
import world  # noqa: E402  tests/world/world.py, whose folder scene_shares adds
from proto_modules import gateway, gateway_grpc  # noqa: E402
from running_cluster import Cluster, connect  # noqa: E402

SIDE = 128  # the default model's own size
SPEEDS = {"quality": gateway.SPEED_QUALITY, "balanced": gateway.SPEED_BALANCED, "fast": gateway.SPEED_FAST}
# COUNTxLENGTH; nothing is gone over again at 1.
RESAMPLINGS = "1x1,5x1,10x1,5x5,10x5,5x10,10x10"
GUIDANCE_SCALES = (1, 2, 4)  # beside the default, 8
# The half of the mask's side over the object's own radius.
MASK_SCALE = 1.25


@dataclasses.dataclass
class Case:
  """A picture, what it shows, and what it is to show with its first object replaced."""

  picture: numpy.ndarray
  scene: dict
  prompt: str
  wanted: dict
  center: tuple
  radius: float


@dataclasses.dataclass
class Drawing:
  """As scene_shares.shares() wants it."""

  score: dict
  seconds: float
  kept: bool = True
  seam: float | None = None


def spec(scene):
  """What the judge compares with."""
  wanted = {"objs": [{key: thing[key] for key in ("shape", "color", "size")} for thing in scene["objs"]], "bg": scene["bg"]}
  return wanted | ({"rel": scene["rel"]} if "rel" in scene else {})


def make_case(numbers):
  """A scene whose own picture the judge finds right, with another object to put in place of the first."""
  while True:
    scene = world.sample_scene(numbers)
    first = scene["objs"][0]
    shapes = [shape for shape in world.SHAPES if shape != first["shape"]]
    colors = [color for color in world.COLORS if color not in (first["color"], scene["bg"])]
    other = first | {"shape": numbers.choice(shapes), "color": numbers.choice(colors)}
    wanted = scene | {"objs": [other, *scene["objs"][1:]]}
    if len(wanted["objs"]) == 2 and all(other[key] == scene["objs"][1][key] for key in ("shape", "color", "size")):
      continue
    picture = world.render(scene, SIDE)
    if scene_shares.judge.score(picture, spec(scene))["all"]:
      return Case(picture, spec(scene), world.caption(wanted, numbers, full=True), spec(wanted), (first["x"], first["y"]), first["r"])


def png(array):
  out = io.BytesIO()
  Image.fromarray(array).save(out, "PNG")
  return out.getvalue()


def transparent(case, scale):
  """Where the picture is to be repainted: a square around the object, its border where it may be."""
  y, x = (numpy.mgrid[0:SIDE, 0:SIDE] + 0.5) / SIDE
  half = case.radius * scale
  return (abs(x - case.center[0]) < half) & (abs(y - case.center[1]) < half)


def seam(picture, hole):
  """The mean difference, of 255, between neighbours on both sides of the mask's border. Where the border lies in a plain background, a drawing
  that goes on where the kept part ends has next to none."""
  steps = [
      numpy.abs(numpy.diff(picture.astype(int), axis=axis))[numpy.diff(hole, axis=axis)]  # [pairs across the border, 3]
      for axis in (0, 1)
  ]
  return float(numpy.concatenate(steps).mean())


def ask(stub, request):
  """The picture's values, and the seconds that it took."""
  start = time.monotonic()
  image = stub.GenerateImage(request, timeout=1800).images[0]
  return scene_shares.pixels(image.image.data), time.monotonic() - start


def vary(stub, case, seed, **fields):
  request = gateway.GenerateImageRequest(variation=gateway.VariationSource(image=png(case.picture)), seed=seed, **fields)
  found, seconds = ask(stub, request)
  return Drawing(scene_shares.judge.score(found, case.scene), seconds)


def replace(stub, case, seed, resampling=(None, None), scale=MASK_SCALE, **fields):
  hole = transparent(case, scale)
  alpha = numpy.where(hole, 0, 255).astype(numpy.uint8)
  source = gateway.EditSource(
      image=png(case.picture), mask=png(numpy.dstack([case.picture, alpha])), resample_count=resampling[0], jump_length=resampling[1]
  )
  found, seconds = ask(stub, gateway.GenerateImageRequest(prompt=case.prompt, seed=seed, edit=source, **fields))
  kept = bool((found[~hole] == case.picture[~hole]).all())
  return Drawing(scene_shares.judge.score(found, case.wanted), seconds, kept, seam(found, hole))


def generate(stub, case, seed, **fields):
  found, seconds = ask(stub, gateway.GenerateImageRequest(prompt=case.prompt, seed=seed, **fields))
  return Drawing(scene_shares.judge.score(found, case.wanted), seconds)


def variation_suite(options):
  return {f"variations, {name}": (vary, dict(speed=SPEEDS[name])) for name in options.speeds}


def prompt_suite(_):
  return {"the prompt alone": (generate, {})}


def resampling_suite(options):
  runs = {}
  for text in options.resamplings:
    count, length = map(int, text.split("x"))
    runs[f"resample_count {count}" + (f", jump_length {length}" if count > 1 else "")] = (replace, dict(resampling=(count, length)))
  return runs


def guidance_suite(options):
  runs = {}
  for scale in GUIDANCE_SCALES:
    for text in options.resamplings:
      count, length = map(int, text.split("x"))
      runs[f"guidance {scale}, {text}"] = (replace, dict(resampling=(count, length), decoder_guidance_scale=scale))
  return runs


def speed_suite(options):
  return {f"edits, {name}": (replace, dict(speed=SPEEDS[name])) for name in options.speeds}


def mask_suite(_):
  return {f"masks {scale} times as wide": (replace, dict(scale=scale)) for scale in (1.05, 1.25, 1.5, 2.0)}


SUITES = {"variations": variation_suite, "prompt": prompt_suite, "resampling": resampling_suite, "guidance": guidance_suite, "speeds": speed_suite, "masks": mask_suite}


def draw_all(stub, run, cases, options):
  function, fields = run
  with concurrent.futures.ThreadPoolExecutor(options.concurrency) as pool:
    return list(pool.map(lambda pair: function(stub, pair[1], options.seed + pair[0], **fields), enumerate(cases)))


def print_row(name, drawings):
  shares = scene_shares.shares(drawings)
  columns = "".join(f"{100 * shares[key].mean:11.1f}" if key in shares else f"{'':11}" for key in scene_shares.KEYS)
  error = 100 * shares["all"].error
  seconds = statistics.median(drawing.seconds for drawing in drawings)
  seams = [drawing.seam for drawing in drawings if drawing.seam is not None]
  mean_seam = statistics.fmean(seams) if seams else None
  print(f"{name:<32}{columns}  (all ±{error:.1f}){'' if mean_seam is None else f'{mean_seam:6.1f}':>8}{seconds:8.2f} s", flush=True)
  return {key: vars(value) for key, value in shares.items()} | {"seconds": seconds, "seam": mean_seam, "kept": all(drawing.kept for drawing in drawings)}


@contextlib.contextmanager
def open_stub(options):
  if options.target:
    with connect(options.target) as channel:
      yield gateway_grpc.ImageGenerationServiceStub(channel)
    return
  with Cluster(*([f"--threads={options.threads}"] if options.threads else [])) as cluster:
    yield cluster.stub


def parse_arguments():
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument("--target", help="a running gateway, HOST:PORT; without it a cluster is started")
  parser.add_argument("--count", type=int, default=200, help="pictures of each kind")
  parser.add_argument("--suites", default="variations,prompt,resampling,speeds,masks", help=f"some of {', '.join(SUITES)}")
  parser.add_argument("--speeds", default=",".join(SPEEDS), help="some of them")
  parser.add_argument("--resamplings", default=RESAMPLINGS, help="COUNTxLENGTH, ...")
  parser.add_argument("--seed", type=int, default=0)
  parser.add_argument("--concurrency", type=int, default=1, help="requests at a time; seconds are those of one that is alone at 1")
  parser.add_argument("--threads", type=int, help="threads of each service")
  parser.add_argument("--out", type=pathlib.Path, help="JSON file for the shares")
  options = parser.parse_args()
  for name in ("suites", "speeds", "resamplings"):
    setattr(options, name, getattr(options, name).split(","))
  unknown = [suite for suite in options.suites if suite not in SUITES]
  if unknown or options.count < 2:
    parser.error(f"there is no suite {unknown[0]}" if unknown else "--count must be 2 or more")
  return options


def main():
  options = parse_arguments()
  numbers = random.Random(options.seed)
  cases = [make_case(numbers) for _ in range(options.count)]
  found = {}
  print(f"{'% right of ' + str(options.count):<32}" + "".join(f"{key:>11}" for key in scene_shares.KEYS) + f"{'':13}{'seam':>8}{'median':>10}")
  with open_stub(options) as stub:
    for suite in options.suites:
      for name, run in SUITES[suite](options).items():
        found[name] = print_row(name, draw_all(stub, run, cases, options))
  if options.out:
    options.out.write_text(json.dumps(found, indent=2) + "\n")
  changed = [name for name, row in found.items() if not row["kept"]]
  for name in changed:
    print(f"FAILED {name}: pixels that were to be kept are not what they were")
  print("failed" if changed else "passed")
  return 1 if changed else 0


if __name__ == "__main__":
  sys.exit(main())
