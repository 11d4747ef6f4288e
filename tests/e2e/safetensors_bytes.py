"""Takes safetensors files apart and puts them together again, also as they must not be."""

import json
import struct


def split(data):
  """The header, and the bytes after it."""
  (length,) = struct.unpack_from("<Q", data)
  return json.loads(data[8 : 8 + length]), data[8 + length :]


def join(header, body, length=None):
  """A file; `length` in place of the header's true one. `header` may be bytes already."""
  text = header if isinstance(header, bytes) else json.dumps(header).encode()
  return struct.pack("<Q", len(text) if length is None else length) + text + body


def tensors(header):
  """Names of the tensors, in the order of their bytes."""
  names = [name for name in header if name != "__metadata__"]
  return sorted(names, key=lambda name: header[name]["data_offsets"])
