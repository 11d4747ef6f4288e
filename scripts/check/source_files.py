"""Which files are ours, which of them changed, and what they include."""

import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

_INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.MULTILINE)


# How many commits of main count as new where nothing else tells.
COMMITS_BACK = 10


def _git(*arguments, root=ROOT, check=True):
  return subprocess.run(["git", *arguments], cwd=root, check=check, capture_output=True, text=True).stdout


def ours(*suffixes):
  """Paths of the files, committed or about to be, whose names end with one of `suffixes`; all files if there is none."""
  names = _git("ls-files", "--cached", "--others", "--exclude-standard", "-z").split("\0")
  return sorted(name for name in set(names) if name and name.endswith(suffixes or "") and (ROOT / name).is_file())


def comparison_base(root=ROOT):
  """The commit that `changed` compares with: where this branch left origin/main; on main itself, some commits back.

  A clone of main, which is what CI checks, can't tell which commits came with the last push: so enough of them, or all, count as new.
  """
  head = _git("rev-parse", "HEAD", root=root).strip()
  merge_base = _git("merge-base", "origin/main", "HEAD", root=root, check=False).strip()
  if merge_base and merge_base != head:
    return merge_base
  ancestor = _git("rev-parse", "--verify", "--quiet", f"HEAD~{COMMITS_BACK}", root=root, check=False).strip()
  # The empty tree: in a younger repository everything is new.
  return ancestor or _git("hash-object", "-t", "tree", "/dev/null", root=root).strip()


def changed(*suffixes):
  """Those of `ours` that differ from comparison_base(), or are not committed yet."""
  names = set(_git("diff", "--name-only", "-z", comparison_base()).split("\0"))
  names |= set(_git("ls-files", "--others", "--exclude-standard", "-z").split("\0"))
  return [name for name in ours(*suffixes) if name in names]


def includes(name):
  """What the file includes: (path, whether in quotes), in order. Paths in quotes are relative to the repository's root."""
  return [(path, quote == '"') for quote, path in _INCLUDE.findall((ROOT / name).read_text())]


def include_closure(name):
  """The file and those of ours that it includes, directly or through others."""
  closure = set()
  pending = [name]
  while pending:
    current = pending.pop()
    if current in closure or not (ROOT / current).is_file():
      continue
    closure.add(current)
    pending += [path for path, quoted in includes(current) if quoted]
  return closure
