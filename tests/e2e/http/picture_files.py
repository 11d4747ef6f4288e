"""Files of pictures that are odd, broken, or not what they say."""

import io
import struct
import zlib

import numpy
from PIL import Image

SIDE = 32


def colors(side=SIDE, channels=3):
  """Smooth colours; alpha, the fourth, is 0 in the left half."""
  y, x = numpy.mgrid[0:side, 0:side] * 255 // (side - 1)
  planes = [x, y, 255 - x, numpy.where(x < 128, 0, 255)]
  return numpy.stack(planes[:channels], axis=-1).astype(numpy.uint8)


def save(picture, file_format="PNG", **options):
  file = io.BytesIO()
  picture.save(file, file_format, **options)
  return file.getvalue()


def rgb(file_format="PNG", side=SIDE, **options):
  return save(Image.fromarray(colors(side)), file_format, **options)


def rgba(side=SIDE, file_format="PNG", **options):
  return save(Image.fromarray(colors(side, channels=4)), file_format, **options)


def in_mode(mode, file_format="PNG", **options):
  return save(Image.fromarray(colors()).convert(mode), file_format, **options)


def rotated(file_format="JPEG"):
  """With an EXIF orientation that says that it lies on its side."""
  exif = Image.Exif()
  exif[0x0112] = 6
  return rgb(file_format, exif=exif)


def animated(file_format):
  """Two frames: an animated PNG, WebP or GIF."""
  frame = Image.fromarray(colors())
  return save(frame, file_format, save_all=True, append_images=[frame.transpose(Image.Transpose.FLIP_LEFT_RIGHT)], duration=100)


def chunk(name, data):
  return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width, height, data=b"", bit_depth=8, color_type=2, extra=b""):
  """A PNG that says it is so large, whatever it holds. extra: whole chunks."""
  header = struct.pack(">IIBBBBB", width, height, bit_depth, color_type, 0, 0, 0)
  return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def png_16_bit():
  rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in colors().astype(numpy.uint16) * 257)
  return png(SIDE, SIDE, rows, bit_depth=16)


def png_bomb(side):
  """A real picture of one colour: small as a file, large in memory."""
  compress = zlib.compressobj(9)
  row = bytes(1 + 3 * side)
  data = b"".join(compress.compress(row) for _ in range(side)) + compress.flush()
  header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
  return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def jpeg_of_size(width, height):
  """A JPEG whose header says another size."""
  data = bytearray(rgb("JPEG"))
  start = data.index(b"\xff\xc0")
  data[start + 5 : start + 9] = struct.pack(">HH", height, width)
  return bytes(data)


def webp_of_size(width, height):
  """A lossless WebP whose header says another size, up to 16,384."""
  data = bytearray(rgb("WEBP", lossless=True))
  start = data.index(b"VP8L") + 9
  bits = struct.unpack("<I", data[start : start + 4])[0] & ~0xFFFFFFF
  data[start : start + 4] = struct.pack("<I", bits | (width - 1) | (height - 1) << 14)
  return bytes(data)
