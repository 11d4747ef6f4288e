"""What the code says of itself, which the manifests are held to."""

import functools
import re
import subprocess

from make_rootfs import BINARIES, ROOT

DOCUMENTED = ROOT / "docs/observability.md"
# Rows of the page's tables, by the placeholder in the metric's name: which services they hold for.
PLACEHOLDERS = {"process": {"gateway", "clip", "prior", "decoder"}, "service": {"gateway", "clip", "prior", "decoder"}}
PLACEHOLDERS |= {"model service": {"clip", "prior", "decoder"}, "step service": {"prior", "decoder"}}


@functools.cache
def flags(process):
  """The flags that the built binary knows, with their defaults as --help shows them."""
  assert BINARIES[process].is_file(), f"{BINARIES[process]} is not built: bazel build //gateway //services/..."
  text = " ".join(subprocess.run([BINARIES[process], "--help"], check=False, capture_output=True, text=True).stdout.split())
  return dict(re.findall(r"--(\w+) \((?:(?!--\w+ \().)*?\); default: (\"[^\"]*\"|[^;]*);", text))


def seconds(duration):
  """Seconds of a duration as the flags are written: 5m, 1m30s, 500ms."""
  units = {"h": 3600, "m": 60, "s": 1, "ms": 0.001}
  parts = re.findall(r"([\d.]+)(ms|[hms])", duration)
  assert "".join(number + unit for number, unit in parts) == duration, duration
  return sum(float(number) * units[unit] for number, unit in parts)


def _constant(file, pattern):
  return re.search(pattern, (ROOT / file).read_text())[1]


@functools.cache
def flush_seconds():
  """What a shutdown takes at most after --drain_delay and --grace."""
  return int(_constant("common/server/server_runner.cc", r"kFlushTime = absl::Seconds\((\d+)\)"))


@functools.cache
def live_health_name():
  return _constant("common/server/health_service.h", r'kLiveHealthName\[\] = "(\w+)"')


@functools.cache
def version():
  return _constant("base/version.h", r'kVersion\[\] = "([^"]+)"')


@functools.cache
def gauges(service):
  """The gauges that a service serves. The page is held equal to the code by the tests of the services' metrics."""
  rows = re.findall(r"^\| `(unclip_[^`{]+)(?:\{[^`]*\})?` \| gauge \|", DOCUMENTED.read_text(), re.MULTILINE)
  found = set()
  for name in rows:
    placeholder = re.search(r"<([^>]+)>", name)
    if placeholder is None:
      found.add(name)
    elif service in PLACEHOLDERS[placeholder[1]]:
      found.add(name.replace(placeholder[0], service))
  return {name for name in found if name.startswith(f"unclip_{service}_")}
