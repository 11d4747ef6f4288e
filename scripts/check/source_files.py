"""Which files are ours, which of them changed, and what they include."""

import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

_INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.MULTILINE)


def _git(*arguments):
  return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def ours(*suffixes):
  """Paths of the files, committed or about to be, whose names end with one of `suffixes`; all files if there is none."""
  names = _git("ls-files", "--cached", "--others", "--exclude-standard", "-z").split("\0")
  return sorted(name for name in set(names) if name and name.endswith(suffixes or "") and (ROOT / name).is_file())


def comparison_base():
  """The commit that `changed` compares with: where this branch left origin/main, or the commit before the last."""
  head = _git("rev-parse", "HEAD").strip()
  merge_base = subprocess.run(
      ["git", "merge-base", "origin/main", "HEAD"], cwd=ROOT, check=False, capture_output=True, text=True
  )
  base = merge_base.stdout.strip()
  if merge_base.returncode == 0 and base != head:
    return base
  parent = subprocess.run(["git", "rev-parse", "--verify", "HEAD~1"], cwd=ROOT, check=False, capture_output=True, text=True)
  # The empty tree: in a repository of one commit everything is new.
  return parent.stdout.strip() if parent.returncode == 0 else _git("hash-object", "-t", "tree", "/dev/null").strip()


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
