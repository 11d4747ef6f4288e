"""Pictures for the mock gateway: PNG files read and written, and shapes drawn from the words of a prompt."""

import base64
import math
import random
import struct
import zlib

_COLORS = {
    "red": (214, 58, 56),
    "orange": (238, 148, 44),
    "yellow": (244, 212, 72),
    "green": (58, 156, 92),
    "blue": (56, 98, 214),
    "purple": (134, 70, 168),
    "black": (28, 28, 32),
    "white": (248, 248, 246),
    "gray": (150, 152, 156),
    "pink": (246, 196, 206),
    "cyan": (156, 222, 232),
}
_CHANNELS = {0: 1, 2: 3, 4: 2, 6: 4}


class Picture:
  """`channels` bytes a pixel, row by row."""

  def __init__(self, width, height, channels, data):
    self.width = width
    self.height = height
    self.channels = channels
    self.data = data

  @property
  def size(self):
    return f"{self.width}x{self.height}"

  def transparent_share(self):
    """The share of the pixels with alpha 0."""
    return self.data[self.channels - 1 :: self.channels].count(0) / (self.width * self.height) if self.channels in (2, 4) else 0.0

  def pixel(self, x, y):
    start = (y * self.width + x) * self.channels
    return self.data[start : start + self.channels]

  def resized(self, side):
    """Nearest neighbours, RGB."""
    rows = bytearray()
    for y in range(side):
      for x in range(side):
        rows += self.pixel(x * self.width // side, y * self.height // side)[:3]
    return Picture(side, side, 3, bytes(rows))

  def to_png(self):
    stride = self.width * self.channels
    rows = b"".join(b"\0" + self.data[y * stride : (y + 1) * stride] for y in range(self.height))
    kind = {channels: kind for kind, channels in _CHANNELS.items()}[self.channels]
    header = struct.pack(">IIBBBBB", self.width, self.height, 8, kind, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 6)), (b"IEND", b""))
    body = b"".join(struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks)
    return b"\x89PNG\r\n\x1a\n" + body

  def to_base64(self):
    return base64.b64encode(self.to_png()).decode()


def _predictor(kind, left, up, corner):
  if kind == 4:
    estimate = left + up - corner
    distances = (abs(estimate - left), abs(estimate - up), abs(estimate - corner))
    return (left, up, corner)[distances.index(min(distances))]
  return (0, left, up, (left + up) // 2)[kind]


def read_png(data):
  """A PNG of 8 bits a channel, not interlaced; ValueError when it is none."""
  if data[:8] != b"\x89PNG\r\n\x1a\n":
    raise ValueError("not a PNG")
  chunks = {}
  position = 8
  while position < len(data):
    length, name = struct.unpack(">I4s", data[position : position + 8])
    chunks[name] = chunks.get(name, b"") + data[position + 8 : position + 8 + length]
    position += length + 12
  width, height, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
  if depth != 8 or interlaced or kind not in _CHANNELS:
    raise ValueError("not 8 bits a channel")
  channels = _CHANNELS[kind]
  stride = width * channels
  raw = zlib.decompress(chunks[b"IDAT"])
  before = bytearray(stride)
  pixels = bytearray()
  for y in range(height):
    filter_kind, *row = raw[y * (stride + 1) : (y + 1) * (stride + 1)]
    for index in range(stride if filter_kind else 0):
      left, corner = (row[index - channels], before[index - channels]) if index >= channels else (0, 0)
      row[index] = (row[index] + _predictor(filter_kind, left, before[index], corner)) & 255
    before = row
    pixels += bytes(row)
  return Picture(width, height, channels, bytes(pixels))


def _distance(shape, x, y):
  """Below 0 inside of a shape of radius 1."""
  if shape == "square":
    return max(abs(x), abs(y)) - 0.85
  if shape == "diamond":
    return (abs(x) + abs(y) - 1.05) * 0.7
  if shape == "ring":
    return abs(math.hypot(x, y) - 0.72) - 0.26
  if shape == "cross":
    return min(max(abs(x) - 0.32, abs(y) - 1), max(abs(x) - 1, abs(y) - 0.32))
  if shape == "triangle":
    return max(abs(x) * 0.87 - (y + 0.9) * 0.5, y - 0.65)
  if shape == "heart":
    return (x * x + y * y - 0.62) ** 3 * 2.2 + x * x * y**3 * 2.2 if y < 0.95 else 1
  if shape == "star":
    angle = (math.atan2(x, -y) + math.pi / 5) % (math.pi * 2 / 5) - math.pi / 5
    return math.hypot(x, y) * (1 + 1.9 * abs(angle)) - 1.02
  return math.hypot(x, y) - 0.9


_SHAPES = ("square", "diamond", "ring", "cross", "triangle", "heart", "star", "circle")


def _scene(prompt, generator):
  words = prompt.lower().replace(",", " ").split()
  colors = [word for word in words if word in _COLORS]
  background = colors.pop() if "background" in words and colors else "white"
  shapes = [word for word in words if word in _SHAPES] or ["circle"]
  stacked = "above" in words or "below" in words
  spots = [(0, 0)] if len(shapes) == 1 else [(0, -0.44), (0, 0.44)] if stacked else [(-0.44, 0), (0.44, 0)]
  radius = (0.68 if "large" in words else 0.5) if len(shapes) == 1 else 0.38
  things = []
  for index, shape in enumerate(shapes[:2]):
    x, y = spots[index]
    jitter = lambda: generator.uniform(-0.06, 0.06)
    color = _COLORS[colors[index % len(colors)]] if colors else _COLORS["blue"]
    things.append((shape, color, x + jitter(), y + jitter(), radius + jitter()))
  return _COLORS[background], things


def draw(prompt, seed, side):
  """Draws what the words say, as `seed` places it."""
  generator = random.Random(seed)
  background, things = _scene(prompt, generator)
  pixels = bytearray()
  for row in range(side):
    v = 2 * (row + 0.5) / side - 1
    for column in range(side):
      u = 2 * (column + 0.5) / side - 1
      color = background
      for shape, fill, x, y, radius in things:
        share = min(1, max(0, 0.5 - _distance(shape, (u - x) / radius, (v - y) / radius) * radius * side / 2))
        color = [a + share * (b - a) for a, b in zip(color, fill)]
      grain = generator.uniform(-5, 5) - 9 * v
      pixels += bytes(min(255, max(0, int(value + grain))) for value in color)
  return Picture(side, side, 3, bytes(pixels))


def blurred_with_noise(picture, seed, share):
  """The picture as it looks when `share` of it is there: the rest is noise."""
  noise = random.Random(seed).randbytes(len(picture.data))
  mixed = bytes(int(share * a + (1 - share) * b) for a, b in zip(picture.data, noise))
  return Picture(picture.width, picture.height, 3, mixed)


def merged(source, drawn, mask):
  """`drawn` where the mask is transparent, `source` elsewhere; all of the size of `drawn`."""
  side = drawn.width
  before = source.resized(side)
  pixels = bytearray()
  for y in range(side):
    for x in range(side):
      clear = mask.pixel(x * mask.width // side, y * mask.height // side)[-1] == 0
      pixels += (drawn if clear else before).pixel(x, y)
  return Picture(side, side, 3, bytes(pixels))
