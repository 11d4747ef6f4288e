"""Tests of source_files."""

import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from check import source_files  # pylint: disable=wrong-import-position


def git(folder, *arguments):
  identity = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
  return subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def commit(folder, count):
  for i in range(count):
    git(folder, "commit", "--quiet", "--allow-empty", f"--message={i}")


@pytest.fixture(name="origin")
def fixture_origin(tmp_path):
  origin = tmp_path / "origin"
  origin.mkdir()
  git(origin, "init", "--quiet", "--initial-branch=main")
  return origin


def clone(origin):
  git(origin.parent, "clone", "--quiet", "origin", "clone")
  return origin.parent / "clone"


def test_a_young_main_is_compared_with_nothing(origin):
  commit(origin, 3)
  base = source_files.comparison_base(clone(origin))
  assert git(origin, "hash-object", "-t", "tree", "/dev/null") == base


def test_main_is_compared_with_some_commits_back(origin):
  commit(origin, source_files.COMMITS_BACK + 3)
  work = clone(origin)
  assert source_files.comparison_base(work) == git(work, "rev-parse", f"HEAD~{source_files.COMMITS_BACK}")


def test_a_branch_is_compared_with_where_it_left_main(origin):
  commit(origin, 2)
  work = clone(origin)
  left = git(work, "rev-parse", "HEAD")
  commit(work, 2)
  assert source_files.comparison_base(work) == left
