"""Writes shapes_cases.json: what tests/world draws and says of some scenes.

usage: make_shapes_cases.py   (needs NumPy)

A list of {scene, captions, full_caption, size, png}: captions are all that caption() may say, png is the picture in Base64.
"""

import base64
import itertools
import json
import pathlib
import random
import struct
import sys
import zlib

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent.parent / "tests/world"))
import world  # noqa: E402 (found above)


def png(pixels):
  """The [height, width, 3] picture as the bytes of a PNG."""
  height, width, _ = pixels.shape
  rows = b"".join(b"\0" + row.tobytes() for row in pixels)

  def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

  header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
  return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


class _Choices:
  """Stands in for random.Random: says what to leave out."""

  def __init__(self, said):
    self._said = list(said)

  def random(self):
    return 0.0 if self._said.pop(0) else 1.0


def captions(scene):
  """All that caption() may say of the scene."""
  choices = itertools.product((False, True), repeat=len(scene["objs"]) + 1)
  return sorted({world.caption(scene, _Choices(said)) for said in choices})


def scenes():
  """One of each shape and size alone, and pairs until there are all relations; one pair overlaps and lies over the edge."""
  rng = random.Random(11)
  for shape in world.SHAPES:
    for size in world.SIZES:
      while True:
        scene = world.sample_scene(rng)
        first = scene["objs"][0]
        if len(scene["objs"]) == 1 and (first["shape"], first["size"]) == (shape, size):
          yield scene
          break
  for relation in world.RELATIONS:
    while True:
      scene = world.sample_scene(rng)
      if scene.get("rel") == relation:
        yield scene
        break
  yield {
      "bg": "pink",
      "rel": "left of",
      "objs": [
          {"shape": "star", "color": "blue", "size": "large", "x": 0.3, "y": 0.95, "r": 0.33},
          {"shape": "heart", "color": "orange", "size": "large", "x": 0.5, "y": 0.7, "r": 0.31},
      ],
  }


def main():
  cases = []
  for number, scene in enumerate(scenes()):
    size = (32, 64)[number % 2]
    cases.append({
        "scene": scene,
        "captions": captions(scene),
        "full_caption": world.caption(scene, random.Random(0), full=True),
        "size": size,
        "png": base64.b64encode(png(world.render(scene, size))).decode(),
    })
  text = ",\n".join(json.dumps(case) for case in cases)
  (HERE / "shapes_cases.json").write_text(f"[\n{text}\n]\n", encoding="utf-8")


if __name__ == "__main__":
  main()
