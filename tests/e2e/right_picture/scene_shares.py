"""Draws prompts of the shapes world on a running cluster, and sums up how many pictures show what was asked for."""

import concurrent.futures
import dataclasses
import io
import json
import math
import statistics
import sys

import numpy
from PIL import Image

from proto_modules import ROOT, gateway

WORLD = ROOT / "tests/world"
sys.path.insert(0, str(WORLD))
# pylint: disable=wrong-import-position  # their folder is known only now
import judge  # noqa: E402  tests/world/judge.py

# In the order of the tables; "all" is everything right at once.
KEYS = ("count", "color", "shape", "size", "relation", "background", "all")


@dataclasses.dataclass
class Drawing:
  """One picture, what the gateway said of it, and what the judge says."""

  prompt: str
  seed: int
  picture: bytes
  similarity: float
  candidate_similarities: list
  candidate_index: int
  score: dict


@dataclasses.dataclass
class Share:
  """A mean, its standard error, and how many values it is of."""

  mean: float
  error: float
  count: int


def share(values):
  values = [float(value) for value in values]
  error = math.sqrt(statistics.variance(values) / len(values)) if len(values) > 1 else math.nan
  return Share(statistics.fmean(values), error, len(values))


def load_prompts(count=None):
  return json.loads((WORLD / "prompts-200.json").read_text())[:count]


def pixels(picture):
  """An encoded picture's values, [height, width, 3] uint8."""
  return numpy.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))


def draw(stub, entry, seed, candidates, **fields):
  """Draws one prompt and judges the picture. What `fields` do not say is the model's default."""
  request = gateway.GenerateImageRequest(prompt=entry["prompt"], seed=seed, candidate_count=candidates, **fields)
  image = stub.GenerateImage(request, timeout=1800).images[0]
  return Drawing(
      prompt=entry["prompt"],
      seed=seed,
      picture=image.image.data,
      similarity=image.similarity,
      candidate_similarities=list(image.candidate_similarities),
      candidate_index=image.candidate_index,
      score=judge.score(pixels(image.image.data), entry["scene"]),
  )


def draw_all(stub, entries, candidates, first_seed, concurrency=2, on_done=lambda done: None, **fields):
  """Drawings of all prompts, in their order; prompt i has seed `first_seed` + i."""
  with concurrent.futures.ThreadPoolExecutor(concurrency) as pool:
    futures = [pool.submit(draw, stub, entry, first_seed + i, candidates, **fields) for i, entry in enumerate(entries)]
    for done, _ in enumerate(concurrent.futures.as_completed(futures), 1):
      on_done(done)
  return [future.result() for future in futures]


def shares(drawings):
  """For each key of the judge, the share of the pictures that are right; of those that the key applies to."""
  found = {}
  for key in KEYS:
    values = [drawing.score[key] for drawing in drawings if key in drawing.score]
    if values:
      found[key] = share(values)
  return found


def grid(drawings, columns=10):
  """All pictures in one, for people."""
  pictures = [Image.open(io.BytesIO(drawing.picture)).convert("RGB") for drawing in drawings]
  width, height = pictures[0].size
  sheet = Image.new("RGB", (columns * width, -(-len(pictures) // columns) * height))
  for i, picture in enumerate(pictures):
    sheet.paste(picture, (i % columns * width, i // columns * height))
  return sheet
