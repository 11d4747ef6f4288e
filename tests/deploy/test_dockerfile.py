"""The Dockerfile, as far as it can be held to the rest without an engine; what its images hold is in test_rootfs.py."""

import re
import subprocess

import make_rootfs
import pytest
from dockerfile import read_stages

FOLDER = make_rootfs.ROOT / "deploy/docker"
TEXT = (FOLDER / "Dockerfile").read_text()
VERSION = re.search(r'kVersion\[\] = "([^"]+)"', (make_rootfs.ROOT / "base/version.h").read_text())[1]


def complaints(text):
  """What is wrong with a Dockerfile of ours."""
  stages = read_stages(text)
  for process in make_rootfs.BINARIES:
    stage = stages.get(process)
    if stage is None:
      yield f"no target {process}"
      continue
    if stage.base != "scratch" or stage.all("COPY") != [f"--from=build /rootfs/{process} /"] or stage.all("RUN") or stage.all("ADD"):
      yield f"{process} holds more than its root file system"
    if stage.all("USER") != [f"{make_rootfs.USER_ID}:{make_rootfs.USER_ID}"]:
      yield f"{process} runs as another user"
    if stage.entrypoint() != [f"/usr/bin/unclip-{process}"]:
      yield f"{process} starts something else"
  yield from (f"{line.strip()} pins nothing" for line in re.findall(r"^ARG DEBIAN=(?!.*(?::\d+\.\d+|@sha256:)).*$", text, re.MULTILINE))
  yield from (f"the examples have version {found}" for found in set(re.findall(r"--tag unclip-\w+:([\d.]+\d)", text)) - {VERSION})


def test_the_dockerfile_makes_the_images_of_the_root_file_systems():
  assert list(complaints(TEXT)) == []


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("AS prior", "AS prior2", "no target prior"),
        ("FROM scratch AS clip", "FROM debian AS clip", "clip holds more"),
        ("USER 10001:10001\nEXPOSE 50051", "USER root\nEXPOSE 50051", "clip runs as another user"),
        ('["/usr/bin/unclip-decoder"]', '["/usr/bin/unclip-prior"]', "decoder starts something else"),
        ("debian:12.11-slim", "debian:latest", "pins nothing"),
        (f"unclip-prior:{VERSION}", "unclip-prior:0.0.9", "the examples have version 0.0.9"),
    ],
)
def test_what_is_wrong_is_found(old, new, complaint):
  assert old in TEXT
  assert any(complaint in found for found in complaints(TEXT.replace(old, new)))


def test_packages_come_from_the_base_images_snapshot(tmp_path):
  sources = tmp_path / "debian.sources"
  sources.write_text(
      "Types: deb\n# http://archive.example/archive/debian/20250811T000000Z\nURIs: http://mirror.example/debian\nSuites: bookworm\n"
  )
  subprocess.run([FOLDER / "pin_packages.sh", sources], check=True)
  assert sources.read_text() == "Types: deb\nURIs: http://archive.example/archive/debian/20250811T000000Z\nSuites: bookworm\n"
  # Without a comment that names one.
  result = subprocess.run([FOLDER / "pin_packages.sh", sources], check=False, capture_output=True, text=True)
  assert result.returncode == 1 and "names no snapshot" in result.stderr


@pytest.mark.parametrize("name", ["build.sh", "install_cuda.sh"])
def test_scripts_parse(name):
  subprocess.run(["bash", "-n", FOLDER / name], check=True)
