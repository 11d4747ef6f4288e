"""Makes the root file system of one process in a plain folder: the program, the libraries that it loads, and what the system's own
library reads. The Dockerfile's images hold what this makes and nothing else, so that what the tests run is what is shipped.

usage: make_rootfs.py PROCESS --out FOLDER [--binary FILE] [--also FILE_OR_GLOB]...

PROCESS: gateway, clip, prior or decoder. Needs the built binary and ldd, no privileges. FOLDER must not exist, or be empty.
SOURCE_DATE_EPOCH is the time that all files get (default: 0), so that the same files make the same layer.
"""

import argparse
import glob
import os
import pathlib
import re
import shutil
import subprocess
import sys
import sysconfig

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BINARIES = {name: ROOT / f"bazel-bin/services/{name}/{name}" for name in ("clip", "prior", "decoder")}
BINARIES["gateway"] = ROOT / "bazel-bin/gateway/gateway"

# Whom the processes run as. Kubernetes' runAsNonRoot wants a number.
USER, USER_ID = "unclip", 10001
# The loader looks here by itself, so that no cache of libraries is needed.
LIBRARIES = f"usr/lib/{sysconfig.get_config_var('MULTIARCH')}"
CA_CERTIFICATES = pathlib.Path("/etc/ssl/certs/ca-certificates.crt")
# Init containers of the services with a model check its files with this.
SHA256SUM = pathlib.Path("/usr/bin/sha256sum")

# What is mounted over: a root that is read-only cannot grow mount points.
FOLDERS = ("checkpoint", "dev", "etc/checkpoint", "etc/unclip", "proc", "sys", "tmp")
FILES = {
    "etc/passwd": f"root:x:0:0:root:/:/sbin/nologin\n{USER}:x:{USER_ID}:{USER_ID}:{USER}:/:/sbin/nologin\n",
    "etc/group": f"root:x:0:\n{USER}:x:{USER_ID}:\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
    "etc/hosts": "127.0.0.1 localhost\n::1 localhost\n",
    "etc/hostname": "",
    "etc/resolv.conf": "",
}
LINKS = {"bin": "usr/bin", "lib": "usr/lib", "lib64": "usr/lib64", "sbin": "usr/sbin"}


class RootfsError(Exception):
  """The root file system cannot be made."""


def libraries_of(file):
  """The libraries that a program or library loads, those that they load included: the name each is looked for by, and the file."""
  text = subprocess.run(["ldd", file], check=True, capture_output=True, text=True).stdout
  missing = re.findall(r"^\s*(\S+) => not found", text, re.MULTILINE)
  if missing:
    raise RootfsError(f"{file} needs {', '.join(missing)}, which this machine has not")
  found = dict(re.findall(r"^\s*(\S+) => (/\S+)", text, re.MULTILINE))
  # The loader itself is named by its path.
  loaders = {path: path for path in re.findall(r"^\s*(/\S+) \(0x", text, re.MULTILINE)}
  return found | loaders


def _copy(source, target, mode):
  target.parent.mkdir(parents=True, exist_ok=True)
  if not target.exists():
    shutil.copyfile(source, target)
    target.chmod(mode)


def _add_program(folder, source, target):
  _copy(source, folder / target, 0o755)
  for name, file in libraries_of(source).items():
    # /lib64 is a link to usr/lib64 here as on Debian, and the loader's path must hold as it stands in the programs.
    place = f"usr{name}" if name.startswith("/") else f"{LIBRARIES}/{name}"
    _copy(file, folder / place, 0o755 if name.startswith("/") else 0o644)


def _add_loaded_later(folder, pattern):
  """Libraries that no program names but that are loaded while it runs, as CUDA's are."""
  files = sorted(glob.glob(str(pattern), recursive=True))
  if not files:
    raise RootfsError(f"--also {pattern}: there is no such file")
  for file in files:
    _copy(file, folder / LIBRARIES / pathlib.Path(file).name, 0o644)
    for name, needed in libraries_of(file).items():
      if not name.startswith("/"):
        _copy(needed, folder / LIBRARIES / name, 0o644)


def _set_times(folder, seconds):
  for path in [*folder.rglob("*"), folder]:
    os.utime(path, (seconds, seconds), follow_symlinks=False)


def make_rootfs(process, folder, binary=None, also=()):
  """Fills `folder`. Raises RootfsError, with what is missing."""
  folder = pathlib.Path(folder)
  binary = pathlib.Path(binary or BINARIES[process])
  for needed in (binary, CA_CERTIFICATES, SHA256SUM):
    if not needed.is_file():
      raise RootfsError(f"there is no {needed}")
  folder.mkdir(parents=True, exist_ok=True)
  if any(folder.iterdir()):
    raise RootfsError(f"{folder} is not empty")
  for name in FOLDERS:
    (folder / name).mkdir(parents=True)
  (folder / "tmp").chmod(0o1777)
  for name, target in LINKS.items():
    (folder / target).mkdir(parents=True)
    (folder / name).symlink_to(target)
  for name, text in FILES.items():
    (folder / name).write_text(text)
    (folder / name).chmod(0o644)
  _copy(CA_CERTIFICATES, folder / CA_CERTIFICATES.relative_to("/"), 0o644)
  _add_program(folder, binary, f"usr/bin/unclip-{process}")
  if process != "gateway":
    _add_program(folder, SHA256SUM, "usr/bin/sha256sum")
  for pattern in also:
    _add_loaded_later(folder, pattern)
  _set_times(folder, int(os.environ.get("SOURCE_DATE_EPOCH", "0")))


def main():
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument("process", choices=BINARIES)
  parser.add_argument("--out", required=True, type=pathlib.Path)
  parser.add_argument("--binary", type=pathlib.Path, help="default: the one that Bazel built")
  parser.add_argument("--also", action="append", default=[], help="libraries that are loaded while it runs")
  options = parser.parse_args()
  try:
    make_rootfs(options.process, options.out, options.binary, options.also)
  except (RootfsError, OSError, subprocess.CalledProcessError) as error:
    print(f"error: {error}", file=sys.stderr)
    return 1
  files = [path for path in options.out.rglob("*") if path.is_file() and not path.is_symlink()]
  print(f"{options.process}: {len(files)} files, {sum(path.stat().st_size for path in files) / 2**20:.0f} MiB")
  return 0


if __name__ == "__main__":
  sys.exit(main())
