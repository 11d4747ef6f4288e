"""Writes judge_cases.json: what tests/world/judge.py says of pictures that are right, wrong or damaged.

usage: make_judge_cases.py   (needs NumPy)

A list of {name, png, verdicts}; png is the picture in Base64, and verdicts a list of {scene, right}: what of the scene is right.
"""

import base64
import copy
import json
import pathlib
import random

import numpy as np
from make_shapes_cases import png, world

import judge  # noqa: E402 (found by make_shapes_cases)

HERE = pathlib.Path(__file__).resolve().parent
KINDS = ("count", "background", "color", "shape", "size", "relation")


def _noise(image, rng, amount):
  """Every sample off by up to `amount`."""
  noise = np.array([[[rng.uniform(-amount, amount) for _ in range(3)] for _ in row] for row in image])
  return np.clip(image + noise, 0, 255).round().astype(np.uint8)


def _blur(image, _):
  padded = np.pad(image.astype(float), ((2, 2), (2, 2), (0, 0)), mode="edge")
  size = image.shape[0]
  shifted = [padded[y : y + size, x : x + size] for y in range(5) for x in range(5)]
  return np.mean(shifted, 0).round().astype(np.uint8)


def _spots(image, rng):
  """Spots of colours: some as small as dirt, some not."""
  image = image.copy()
  for side in (1, 2, 3, 4, 6):
    y, x = (rng.randrange(image.shape[0] - side) for _ in range(2))
    image[y : y + side, x : x + side] = [rng.randrange(256) for _ in range(3)]
  return image


def _two_tones(image, _):
  """The right half darker, and its edge with it."""
  image = image.copy()
  half = image.shape[1] // 2
  image[:, half:] = image[:, half:] // 2
  return image


def _cut(image, _):
  """A stripe of the background's colour across the middle."""
  image = image.copy()
  middle = image.shape[0] // 2
  image[middle - 2 : middle + 2] = image[0, 0]
  return image


def _stretch(image, _):
  """Twice as wide as high, above a plain half."""
  result = np.empty_like(image)
  result[:] = image[0, 0]
  half = image.shape[0] // 2
  result[:half] = image[: 2 * half : 2]
  return result


def _swap(image, _):
  """Red for blue, left for right."""
  return np.ascontiguousarray(image[:, ::-1, ::-1])


DAMAGES = {
    "none": lambda image, _: image,
    "little noise": lambda image, rng: _noise(image, rng, 25),
    "much noise": lambda image, rng: _noise(image, rng, 90),
    "blur": _blur,
    "spots": _spots,
    "two tones": _two_tones,
    "cut": _cut,
    "stretch": _stretch,
    "swap": _swap,
    "plain": lambda image, _: np.full_like(image, 128),
}


def _other(rng, choices, than):
  return rng.choice([choice for choice in choices if choice != than])


def wrong_scenes(scene, rng):
  """The scene, and copies of it each of which differs in one thing."""
  yield scene
  for key, choices in (("shape", world.SHAPES), ("color", list(world.COLORS)), ("size", world.SIZES)):
    wrong = copy.deepcopy(scene)
    picked = rng.choice(wrong["objs"])
    picked[key] = _other(rng, choices, picked[key])
    yield wrong
  yield {**scene, "bg": _other(rng, list(world.BACKGROUNDS), scene["bg"])}
  if len(scene["objs"]) == 2:
    yield {**scene, "rel": _other(rng, world.RELATIONS, scene["rel"])}
    yield {**scene, "objs": scene["objs"][::-1]}
    yield {"bg": scene["bg"], "objs": scene["objs"][:1]}
  else:
    yield {**scene, "rel": "left of", "objs": scene["objs"] * 2}


def _named(scene):
  """What a prompt names of the scene."""
  objects = [{key: item[key] for key in ("shape", "color", "size")} for item in scene["objs"]]
  return {**scene, "objs": objects}


# Blurred at 64, it is a diamond by a hair.
BLUNT_STAR = {
    "bg": "black",
    "rel": "above",
    "objs": [
        {"shape": "star", "color": "blue", "size": "large", "x": 0.5570621647725253, "y": 0.26222430246815825, "r": 0.22931825404597475},
        {"shape": "cross", "color": "blue", "size": "large", "x": 0.5376723854479524, "y": 0.7473817501812772, "r": 0.2131102448174899},
    ],
}


def damaged(rng):
  """Yields (damage, scene, size of the picture)."""
  for number in range(4 * len(DAMAGES)):
    name = list(DAMAGES)[number % len(DAMAGES)]
    size = {"little noise": 24, "much noise": 20}.get(name, rng.choice((32, 41, 64)))
    yield name, world.sample_scene(rng), size
  yield "blur", BLUNT_STAR, 64


def main():
  rng = random.Random(23)
  cases = []
  for name, scene, size in damaged(rng):
    image = DAMAGES[name](world.render(scene, size), rng)
    verdicts = []
    for wanted in map(_named, wrong_scenes(scene, rng)):
      score = judge.score(image, wanted)
      # A single object stands in no relation, which is right.
      verdicts.append({"scene": wanted, "right": [kind for kind in KINDS if score.get(kind, kind == "relation")]})
    cases.append({"name": name, "png": base64.b64encode(png(image)).decode(), "verdicts": verdicts})
  text = ",\n".join(json.dumps(case) for case in cases)
  (HERE / "judge_cases.json").write_text(f"[\n{text}\n]\n", encoding="utf-8")


if __name__ == "__main__":
  main()
