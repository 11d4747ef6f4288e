"""Writes ustar.tar, gnu.tar and pax.tar: the same three examples in the formats that Python's tarfile knows.

usage: make_tar_cases.py   (needs NumPy)
"""

import io
import json
import pathlib
import tarfile

import numpy as np
from make_shapes_cases import png

HERE = pathlib.Path(__file__).resolve().parent
FORMATS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}
LONG_FOLDER = "/".join(["a-folder-with-a-long-name"] * 5)


def _picture(blue):
  """4 x 4 pixels of one colour."""
  return png(np.full((4, 4, 3), (10, 20, blue), np.uint8))


def main():
  members = {
      "000.png": _picture(1),
      "000.txt": b"one\ntwo\n",
      "below/001.cls": b"7",
      "below/001.png": _picture(2),
      "below/001.json": json.dumps({"caption": "a ☂", "url": None}).encode(),
      f"{LONG_FOLDER}/002.png": _picture(3),
  }
  for kind, number in FORMATS.items():
    with tarfile.open(HERE / f"{kind}.tar", "w", format=number) as file:
      folder = tarfile.TarInfo("below")
      folder.type = tarfile.DIRTYPE
      file.addfile(folder)
      for path, data in members.items():
        info = tarfile.TarInfo(path)
        info.size = len(data)
        file.addfile(info, io.BytesIO(data))
      link = tarfile.TarInfo("link.png")
      link.type = tarfile.SYMTYPE
      link.linkname = "000.png"
      file.addfile(link)


if __name__ == "__main__":
  tarfile.RECORDSIZE = tarfile.BLOCKSIZE  # no padding beyond the end
  main()
