"""Tests of suite_results: what counts as passed, failed and skipped."""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import suite_results  # pylint: disable=wrong-import-position

PASSING_XML = """<testsuites><testsuite name="A">
  <testcase name="One" classname="A" status="run"/>
  <testcase name="Two" classname="A" status="run"/>
</testsuite></testsuites>"""
MIXED_XML = """<testsuites><testsuite name="A">
  <testcase name="Good" classname="A" status="run"/>
  <testcase name="Bad" classname="A" status="run"><failure message="x"/></testcase>
  <testcase name="Broken" classname="A"><error message="x"/></testcase>
  <testcase name="Skipped" classname="A" status="run"><skipped/></testcase>
  <testcase name="DISABLED_Off" classname="A" status="notrun"/>
</testsuite></testsuites>"""


def _events(folder, *events):
  path = folder / "events.json"
  path.write_text("\n".join(json.dumps(event) for event in events))
  return path


def _test_event(folder, label, status, xml):
  path = folder / (label.strip("/").replace(":", "_") + " test.xml")
  path.write_text(xml)
  uri = path.as_uri()
  return {
      "id": {"testResult": {"label": label, "run": 1}},
      "testResult": {"status": status, "testActionOutput": [{"name": "test.log"}, {"name": "test.xml", "uri": uri}]},
  }


def _built(label):
  return {"id": {"targetCompleted": {"label": label}}, "completed": {"success": True}}


def _not_built(label):
  return {"id": {"targetCompleted": {"label": label}}, "completed": {"failureDetail": {"message": "compile error"}}}


def test_counts_cases_not_targets(tmp_path):
  path = _events(tmp_path, _built("//a:t"), _test_event(tmp_path, "//a:t", "PASSED", PASSING_XML))
  results = suite_results.read_bazel(path, 0)
  assert results.summary() == "2 passed, 0 failed"
  assert results.succeeded()


def test_names_failures_and_errors_and_counts_skips(tmp_path):
  path = _events(tmp_path, _test_event(tmp_path, "//a:t", "FAILED", MIXED_XML))
  results = suite_results.read_bazel(path, 3)
  assert results.summary() == "1 passed, 2 failed, 2 skipped"
  assert results.failures == ["//a:t A.Bad", "//a:t A.Broken"]
  assert not results.succeeded()


def test_crash_counts_as_failure_when_no_case_failed(tmp_path):
  path = _events(tmp_path, _test_event(tmp_path, "//a:t", "FAILED", PASSING_XML))
  assert suite_results.read_bazel(path, 3).failures == ["//a:t (FAILED)"]


def test_time_out_without_xml_counts_as_failure(tmp_path):
  event = {"id": {"testResult": {"label": "//a:t"}}, "testResult": {"status": "TIMEOUT"}}
  assert suite_results.read_bazel(_events(tmp_path, event), 3).failures == ["//a:t (TIMEOUT, no test.xml)"]


def test_truncated_xml_counts_as_failure(tmp_path):
  path = _events(tmp_path, _test_event(tmp_path, "//a:t", "PASSED", PASSING_XML[:40]))
  results = suite_results.read_bazel(path, 0)
  assert results.passed == 0
  assert len(results.failures) == 1


def test_target_that_does_not_compile_counts_as_failure(tmp_path):
  path = _events(tmp_path, _not_built("//a:t"), _built("//b:t"), _test_event(tmp_path, "//b:t", "PASSED", PASSING_XML))
  results = suite_results.read_bazel(path, 1)
  assert results.failures == ["//a:t (not built)"]
  assert results.passed == 2


def test_target_that_does_not_load_counts_once(tmp_path):
  aborted = {"id": {"unconfiguredLabel": {"label": "//a:t"}}, "aborted": {"reason": "LOADING_FAILURE"}}
  assert suite_results.read_bazel(_events(tmp_path, aborted, _not_built("//a:t")), 1).failures == ["//a:t (not built)"]


def test_failing_bazel_counts_when_it_names_nothing(tmp_path):
  assert suite_results.read_bazel(tmp_path / "absent", 37).failures == ["bazel (exit code 37)"]


def test_nothing_tested_is_no_success(tmp_path):
  assert not suite_results.read_bazel(_events(tmp_path, _built("//a:lib")), 0).succeeded()


def test_missing_junit_file_counts_as_failure(tmp_path):
  assert len(suite_results.read_junit(tmp_path / "absent.xml", "pytest").failures) == 1
