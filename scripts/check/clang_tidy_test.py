"""Tests of which files clang-tidy is given."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from check import clang_tidy, source_files  # pylint: disable=wrong-import-position


def _tree(folder, monkeypatch, files):
  for name, text in files.items():
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
  monkeypatch.setattr(source_files, "ROOT", folder)
  return sorted(files)


def test_changed_source_is_selected(tmp_path, monkeypatch):
  everything = _tree(tmp_path, monkeypatch, {"a.cc": "", "b.cc": ""})
  assert clang_tidy.select(["a.cc"], everything) == ["a.cc"]


def test_changed_header_is_looked_at_through_its_own_source(tmp_path, monkeypatch):
  everything = _tree(tmp_path, monkeypatch, {"a.h": "", "a.cc": '#include "a.h"', "a_test.cc": '#include "a.h"'})
  assert clang_tidy.select(["a.h"], everything) == ["a.cc"]


def test_changed_header_without_source_is_looked_at_through_an_includer(tmp_path, monkeypatch):
  everything = _tree(tmp_path, monkeypatch, {"a.h": "", "b.h": '#include "a.h"', "c.cc": '#include "b.h"'})
  assert clang_tidy.select(["a.h"], everything) == ["c.cc"]


def test_header_that_nobody_includes_is_looked_at_alone(tmp_path, monkeypatch):
  everything = _tree(tmp_path, monkeypatch, {"a.h": "", "c.cc": "#include <a.h>"})
  assert clang_tidy.select(["a.h"], everything) == ["a.h"]


def test_includes_tells_quotes_from_brackets(tmp_path, monkeypatch):
  _tree(tmp_path, monkeypatch, {"a.cc": '#include "b/c.h"\n  # include <vector>\n// #include "d.h"\n'})
  assert source_files.includes("a.cc") == [("b/c.h", True), ("vector", False)]
