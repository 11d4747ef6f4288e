"""Runs clang-tidy (.clang-tidy says what for) on all of our C++ files or on the changed ones.

A file that passed is not looked at again until it, a header of ours that it includes, the configuration or a tool changes.
"""

import concurrent.futures
import hashlib
import os
import pathlib
import subprocess

from check import source_files

ROOT = source_files.ROOT
CLANG_TIDY = ROOT / ".deps/check/bin/clang-tidy"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "unclip/clang-tidy"


def _compile_flags():
  """The flags that Bazel compiles with, as far as they matter here."""
  bazel_out = (ROOT / "bazel-out").resolve()
  libtorch = bazel_out.parent.parent.parent / "external/libtorch/include"
  system = [ROOT / "bazel-bin/proto", libtorch, libtorch / "torch/csrc/api/include"]
  flags = ["-std=c++20", "-Wall", "-Wextra", "-I."]
  for folder in system:
    if not folder.is_dir():
      raise FileNotFoundError(f"{folder} is not there: build first (`make build`)")
    flags += ["-isystem", str(folder)]
  return flags


def _digest(name, common):
  """A name for this state of the file and of everything that decides the outcome."""
  digest = hashlib.sha256(common)
  for path in sorted(source_files.include_closure(name)):
    digest.update(path.encode() + b"\0" + (ROOT / path).read_bytes() + b"\0")
  return digest.hexdigest()


def select(names, everything):
  """The files to give to clang-tidy for the changed files `names`.

  A header is looked at through a source file that includes it: the one of the same name, else its test, else any.
  """
  sources = [name for name in everything if name.endswith(".cc")]
  selected = {name for name in names if name.endswith(".cc")}
  for header in (name for name in names if name.endswith(".h")):
    stem = header.removesuffix(".h")
    own = next((path for path in (f"{stem}.cc", f"{stem}_test.cc") if path in sources), None)
    includer = own or next((path for path in sources if header in source_files.include_closure(path)), None)
    selected.add(includer or header)
  return sorted(selected)


def run(all_files=False, jobs=os.cpu_count()):
  """Returns (whether all is well, what to say)."""
  everything = source_files.ours(".h", ".cc")
  names = select(everything if all_files else source_files.changed(".h", ".cc"), everything)
  flags = _compile_flags()
  version = subprocess.run([CLANG_TIDY, "--version"], check=True, capture_output=True).stdout
  common = version + (ROOT / ".clang-tidy").read_bytes() + " ".join(flags[:4]).encode()
  CACHE.mkdir(parents=True, exist_ok=True)

  def check(name):
    stamp = CACHE / _digest(name, common)
    if stamp.exists():
      stamp.touch()
      return None
    command = [CLANG_TIDY, "--quiet", name, "--", *flags, *(["-x", "c++"] if name.endswith(".h") else [])]
    result = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    if result.returncode == 0:
      stamp.touch()
      return None
    return result.stdout or result.stderr

  with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
    complaints = [text for text in pool.map(check, names) if text]
  summary = f"{len(names)} files, {len(complaints)} with complaints"
  return not complaints, "\n".join([*complaints, summary])
