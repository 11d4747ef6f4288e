"""Runs the checks and says which passed.

usage: run_checks.py [--all-files] [--fix] [CHECK...]

CHECK: some of those below; default: all. --all-files lets clang-tidy look at all files, not only at the changed ones; --fix lets the
formatters change files, and include-graph the deps of targets. Needs `scripts/setup.sh check`. Exits non-zero when a check failed.
"""

import argparse
import os
import platform
import subprocess
import sys
import time

from check import clang_tidy, committed_text, include_graph, source_files

ROOT = source_files.ROOT
BUF = ROOT / ".deps/npm/node_modules/@bufbuild" / f"buf-linux-{ {'x86_64': 'x64'}.get(platform.machine(), platform.machine())}" / "bin/buf"


def _run(*command):
  """Returns (whether the command succeeded, what it said)."""
  result = subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
  return result.returncode == 0, result.stdout


def clang_format(options):
  """Every C++ file is formatted as .clang-format says."""
  names = source_files.ours(".h", ".cc")
  mode = ["-i"] if options.fix else ["--dry-run", "-Werror"]
  fine, text = _run(ROOT / ".deps/check/bin/clang-format", *mode, *names)
  unformatted = sorted({line.partition(":")[0] for line in text.splitlines() if "[-Wclang-format-violations]" in line})
  if unformatted:
    text = "".join(f"{name} is not formatted; `make format` mends that\n" for name in unformatted)
  return fine, f"{text}{len(names)} files, {len(unformatted)} not formatted"


def clang_tidy_check(options):
  """clang-tidy (.clang-tidy) has nothing to say about the changed C++ files."""
  # The generated headers have to be there.
  bazel = os.environ.get("BAZEL", "bazel")
  fine, text = _run(bazel, "build", "--curses=no", "--color=no", "--noshow_progress", "@libtorch//...", "//proto/...")
  return clang_tidy.run(options.all_files) if fine else (fine, text)


def buf_lint(_):
  """The protos keep buf's rules (buf.yaml)."""
  return _run(BUF, "lint")


def buf_format(options):
  """The protos are formatted."""
  return _run(BUF, "format", *(["-w"] if options.fix else ["-d", "--exit-code"]))


def buildifier(options):
  """Bazel's files are formatted and pass buildifier's lint."""
  names = [name for name in source_files.ours() if name.endswith((".bzl", ".bazel")) or name == "WORKSPACE"]
  mode = ["--lint=fix", "--mode=fix"] if options.fix else ["--lint=warn", "--mode=check"]
  # In Bazel 4 the C++ rules are built in; these warnings are for Bazel 8.
  warnings = "--warnings=-native-cc-library,-native-cc-binary,-native-cc-test"
  fine, text = _run(ROOT / ".deps/npm/node_modules/.bin/buildifier", *mode, warnings, *names)
  return fine, f"{text}{len(names)} files"


def include_graph_check(options):
  """Targets name exactly the targets whose headers they include."""
  return include_graph.run(options.fix)


def layering(_):
  """The layering test (tests/layering)."""
  return _run(sys.executable, ROOT / "tests/layering/layering.py")


def committed_text_check(_):
  """No file holds paths of one machine, or hosts of package registries."""
  return committed_text.run()


# The quick ones first.
CHECKS = {
    "clang-format": clang_format,
    "buf-lint": buf_lint,
    "buf-format": buf_format,
    "committed-text": committed_text_check,
    "include-graph": include_graph_check,
    # After include-graph, which with --fix leaves formatting to it.
    "buildifier": buildifier,
    "layering": layering,
    "clang-tidy": clang_tidy_check,
}


def main():
  listing = "\n".join(f"  {name:15} {function.__doc__}" for name, function in CHECKS.items())
  parser = argparse.ArgumentParser(
      description=f"{__doc__}\nchecks:\n{listing}", formatter_class=argparse.RawDescriptionHelpFormatter
  )
  parser.add_argument("--all-files", action="store_true")
  parser.add_argument("--fix", action="store_true")
  parser.add_argument("checks", nargs="*", metavar="CHECK")
  options = parser.parse_args()
  unknown = [name for name in options.checks if name not in CHECKS]
  if unknown:
    parser.error(f"no check is called {', '.join(unknown)}; there are {', '.join(CHECKS)}")

  failed = []
  for name in options.checks or CHECKS:
    start = time.monotonic()
    fine, text = CHECKS[name](options)
    if not fine:
      failed.append(name)
      print(text.rstrip())
    last = text.rstrip().rpartition("\n")[2] if fine else "see above"
    print(f"{'ok' if fine else 'FAILED':6} {name} ({time.monotonic() - start:.1f} s) {last}".rstrip(), flush=True)
  if failed:
    print(f"failed: {', '.join(failed)}")
  return 1 if failed else 0


if __name__ == "__main__":
  sys.exit(main())
