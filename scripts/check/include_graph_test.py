"""Tests of include_graph on small made-up graphs."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from check import include_graph  # pylint: disable=wrong-import-position

QUERY_XML = """<query version="2">
  <rule class="cc_library" name="//a:lib">
    <list name="srcs"><label value="//a:lib.cc"/></list>
    <list name="hdrs"><label value="//a:lib.h"/></list>
    <list name="deps"><label value="//b:lib"/><label value="@absl//:absl"/></list>
  </rule>
</query>"""


def _library(label, deps=()):
  folder = label.removeprefix("//").split(":")[0]
  return include_graph.Target(label, [f"{folder}/lib.cc"], [f"{folder}/lib.h"], list(deps))


def _complaints(targets, includes):
  found = include_graph.complaints(targets, lambda name: [(path, True) for path in includes.get(name, [])])
  return [str(complaint) for complaint in found]


def test_reads_the_answer_of_a_query():
  targets = include_graph.parse_query(QUERY_XML)
  assert targets == [include_graph.Target("//a:lib", ["a/lib.cc"], ["a/lib.h"], ["//b:lib", "@absl"])]


def test_exact_deps_are_fine():
  targets = [_library("//a:lib", ["//b:lib", "@absl"]), _library("//b:lib")]
  assert _complaints(targets, {"a/lib.cc": ["a/lib.h", "b/lib.h", "absl/status/status.h"]}) == []


def test_include_without_dep_is_found():
  targets = [_library("//a:lib"), _library("//b:lib")]
  found = _complaints(targets, {"a/lib.cc": ["b/lib.h"]})
  assert found == ["//a:lib: a/lib.cc includes b/lib.h, but //b:lib is not among its deps"]


def test_include_through_another_target_is_found():
  targets = [_library("//a:lib", ["//b:lib"]), _library("//b:lib", ["//c:lib"]), _library("//c:lib")]
  found = _complaints(targets, {"a/lib.cc": ["b/lib.h", "c/lib.h"], "b/lib.h": ["c/lib.h"]})
  assert found == ["//a:lib: a/lib.cc includes c/lib.h, but //c:lib is not among its deps"]


def test_library_of_the_system_without_dep_is_found():
  found = _complaints([_library("//a:lib")], {"a/lib.h": ["ATen/core/Tensor.h"]})
  assert found == ["//a:lib: a/lib.h includes ATen/core/Tensor.h, but @libtorch is not among its deps"]


def test_unused_dep_is_found():
  targets = [_library("//a:lib", ["//b:lib"]), _library("//b:lib")]
  assert _complaints(targets, {}) == ["//a:lib: no file of it includes a header of //b:lib, which is among its deps"]


def test_generated_header_is_included_by_its_path_under_proto():
  proto = include_graph.Target("//proto:x", ["proto/unclip/x.pb.cc"], ["proto/unclip/x.pb.h"], [])
  assert _complaints([_library("//a:lib", ["//proto:x"]), proto], {"a/lib.cc": ["unclip/x.pb.h"]}) == []
  assert len(_complaints([_library("//a:lib"), proto], {"a/lib.cc": ["unclip/x.pb.h"]})) == 1


BUILD_FILE = """cc_library(
    name = "one",
    hdrs = ["one.h"],
    deps = [
        ":two",
        "//b:lib",
        "@absl",
    ],
)

cc_library(
    name = "two",
    hdrs = ["two.h"],
)
"""


def test_mends_deps_of_one_target():
  text = include_graph.mend(BUILD_FILE, "a", "one", ["//a:three", "@grpc"], {"//a:two"})
  assert 'deps = ["//b:lib", "@absl", ":three", "@grpc"],' in text
  assert text.endswith(BUILD_FILE[BUILD_FILE.index("\n)\n\ncc_library(") + 1 :])


def test_gives_deps_to_a_target_without():
  text = include_graph.mend(BUILD_FILE, "a", "two", ["//b:lib"], set())
  assert text.endswith('    hdrs = ["two.h"],\n    deps = ["//b:lib"],\n)\n')


def test_takes_the_last_dep_away():
  text = include_graph.mend('cc_library(\n    name = "x",\n    deps = [":y"],\n)\n', "a", "x", [], {"//a:y"})
  assert text == 'cc_library(\n    name = "x",\n)\n'


def test_takes_away_a_dep_that_is_named_after_its_package():
  text = include_graph.mend('cc_library(\n    name = "x",\n    deps = ["//common/log", "//b:lib"],\n)\n', "a", "x", [], {"//common/log:log"})
  assert text == 'cc_library(\n    name = "x",\n    deps = ["//b:lib"],\n)\n'
