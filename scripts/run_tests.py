"""Runs every test and ends with the line `N passed, N failed` (`, N skipped` may follow), counted from the results.

usage: run_tests.py [PATTERN...] [--no-bazel] [--no-pytest] [--pytest-minutes N]

PATTERN: Bazel's target patterns, `//...` if none. Needs `scripts/setup.sh test`. Exits non-zero when anything failed, could
not be built, or nothing was tested.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

import suite_results

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Bazel's exit code when everything was built and tests failed.
TESTS_FAILED = 3


def run_bazel(patterns, folder):
  """Runs the C++ tests; returns their results, and whether everything was built."""
  events = folder / "build_events.json"
  command = [os.environ.get("BAZEL", "bazel"), "test", "--keep_going", f"--build_event_json_file={events}"]
  if not sys.stderr.isatty():
    command += ["--curses=no", "--color=no", "--show_progress_rate_limit=30"]
  exit_code = subprocess.run(command + ["--"] + patterns, cwd=ROOT, check=False).returncode
  return suite_results.read_bazel(events, exit_code), exit_code in (0, TESTS_FAILED)


def run_pytest(folder, minutes):
  """Runs the tests in Python (pytest.ini names their folders): those of the scripts, and the end-to-end tests."""
  junit = folder / "pytest.xml"
  command = [ROOT / "tests/.venv/bin/python", "-m", "pytest", f"--junitxml={junit}"]
  try:
    exit_code = subprocess.run(command, cwd=ROOT, check=False, timeout=minutes * 60).returncode
  except subprocess.TimeoutExpired:
    return suite_results.Results(failures=[f"pytest (not finished after {minutes} minutes)"])
  results = suite_results.read_junit(junit, "pytest")
  if exit_code != 0 and not results.failures:
    results.failures.append(f"pytest (exit code {exit_code})")
  return results


def main():
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument("patterns", nargs="*", default=["//..."])
  parser.add_argument("--no-bazel", action="store_true", help="leave the C++ tests out, and what they build")
  parser.add_argument("--no-pytest", action="store_true", help="leave the tests in Python out")
  parser.add_argument("--pytest-minutes", type=float, default=45, help="end the tests in Python after so long (default: 45)")
  arguments = parser.parse_args()

  results = suite_results.Results()
  built = True
  with tempfile.TemporaryDirectory(prefix="unclip-tests-") as name:
    folder = pathlib.Path(name)
    if not arguments.no_bazel:
      bazel_results, built = run_bazel(arguments.patterns, folder)
      results.add(bazel_results)
    if not arguments.no_pytest and built:
      results.add(run_pytest(folder, arguments.pytest_minutes))
  if not built and not arguments.no_pytest:
    print("The tests in Python were left out, since not everything was built.")
  for failure in results.failures:
    print(f"FAILED {failure}")
  print(results.summary(), flush=True)
  return 0 if results.succeeded() else 1


if __name__ == "__main__":
  sys.exit(main())
