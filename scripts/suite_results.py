"""Counts test cases in what Bazel and pytest report.

Bazel's side is read from its build events (--build_event_json_file), not from bazel-testlogs, where results of earlier runs lie
about: they tell which tests this run was to make, which of them it could build, and where each result is.
"""

import dataclasses
import json
import pathlib
import urllib.parse
import xml.etree.ElementTree as ElementTree


@dataclasses.dataclass
class Results:
  """How many test cases ended how, and the names of those that failed."""

  passed: int = 0
  skipped: int = 0
  failures: list[str] = dataclasses.field(default_factory=list)

  def add(self, other):
    self.passed += other.passed
    self.skipped += other.skipped
    self.failures += other.failures

  def summary(self):
    """The line that a run ends with."""
    line = f"{self.passed} passed, {len(self.failures)} failed"
    return line + (f", {self.skipped} skipped" if self.skipped else "")

  def succeeded(self):
    """Nothing failed, and something was tested."""
    return self.passed > 0 and not self.failures


def read_junit(path, label):
  """The cases of a JUnit XML file; `label` names the file's test. A file that cannot be read is a failure."""
  results = Results()
  try:
    cases = list(ElementTree.parse(path).getroot().iter("testcase"))
  except (OSError, ElementTree.ParseError) as error:
    results.failures.append(f"{label} (no result: {error})")
    return results
  for case in cases:
    if case.find("failure") is not None or case.find("error") is not None:
      results.failures.append(f"{label} {case.get('classname', '')}.{case.get('name', '')}")
    elif case.find("skipped") is not None or case.get("status") == "notrun":
      results.skipped += 1
    else:
      results.passed += 1
  return results


def _test_result(label, event):
  """The cases of one run of one test target."""
  xml = next((file for file in event.get("testActionOutput", []) if file["name"] == "test.xml"), None)
  status = event.get("status", "NO_STATUS")
  if xml is None:
    return Results(failures=[f"{label} ({status}, no test.xml)"])
  results = read_junit(pathlib.Path(urllib.parse.unquote(urllib.parse.urlparse(xml["uri"]).path)), label)
  # A test that crashed or ran out of time may leave a file in which nothing failed.
  if status != "PASSED" and not results.failures:
    results.failures.append(f"{label} ({status})")
  return results


def _failed_part(identity, event):
  """The name of what a build event says was not built, or None."""
  if "targetCompleted" in identity:
    return None if event.get("completed", {}).get("success") else identity["targetCompleted"]["label"]
  if "aborted" not in event:
    return None
  for kind in ("unconfiguredLabel", "configuredLabel"):
    if kind in identity:
      return identity[kind]["label"]
  return " ".join(identity["pattern"]["pattern"]) if "pattern" in identity else None


def read_bazel(events_path, exit_code):
  """The cases of a `bazel test` run, from its file of build events and its exit code.

  What could not be built counts as one failure a target, and so does a failure of Bazel's own.
  """
  results = Results()
  unbuilt = set()
  try:
    lines = pathlib.Path(events_path).read_text().splitlines()
  except OSError:
    lines = []
  for line in lines:
    event = json.loads(line)
    identity = event.get("id", {})
    if "testResult" in identity:
      results.add(_test_result(identity["testResult"]["label"], event.get("testResult", {})))
    failed = _failed_part(identity, event)
    if failed is not None:
      unbuilt.add(failed)
  results.failures += [f"{label} (not built)" for label in sorted(unbuilt)]
  if exit_code != 0 and not results.failures:
    results.failures.append(f"bazel (exit code {exit_code})")
  return results
