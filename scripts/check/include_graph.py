"""Checks that Bazel's targets name exactly the targets of ours whose headers their files include, and the libraries they use.

The build itself does not tell (it runs without a sandbox, and GCC has no layering_check): a header that another target owns is
found anyhow, and a dependency that nobody needs any more stays for ever. The layering test (tests/layering) reads dependencies, so this is
what makes it hold for includes.
"""

import dataclasses
import json
import os
import re
import subprocess
import xml.etree.ElementTree as ElementTree

from check import source_files

# The system's libraries: which include paths are whose.
EXTERNAL = [
    ("@absl_flags", re.compile(r"absl/flags/")),
    ("@absl", re.compile(r"absl/")),
    ("@benchmark", re.compile(r"benchmark/")),
    ("@boost", re.compile(r"boost/")),
    ("@civetweb", re.compile(r"civetweb\.h$|CivetServer\.h$")),
    ("@crypto", re.compile(r"openssl/")),
    ("@curl", re.compile(r"curl/")),
    ("@grpc", re.compile(r"grpc(pp)?/")),
    ("@gtest", re.compile(r"g(test|mock)/")),
    ("@icu", re.compile(r"unicode/")),
    ("@jpeg", re.compile(r"j(peglib|error)\.h$")),
    ("@json", re.compile(r"nlohmann/")),
    ("@libtorch", re.compile(r"(ATen|c10|torch|caffe2)/")),
    ("@prometheus", re.compile(r"prometheus/")),
    ("@protobuf", re.compile(r"google/protobuf/")),
    ("@re2", re.compile(r"re2/")),
    ("@restinio", re.compile(r"restinio/")),
    ("@spdlog", re.compile(r"spdlog/")),
    ("@spng", re.compile(r"spng\.h$")),
    ("@webp", re.compile(r"webp/")),
]
# A generated header is included by its path under this folder.
GENERATED_ROOT = "proto/"


@dataclasses.dataclass
class Target:
  """A cc_library, cc_binary or cc_test; files as paths from the repository's root."""

  label: str
  srcs: list[str]
  hdrs: list[str]
  deps: list[str]


def _path(label):
  """//a/b:c/d.h -> a/b/c/d.h"""
  return label.removeprefix("//").replace(":", "/").removeprefix("/")


def _short(label):
  """@absl//:absl -> @absl"""
  return label.split("//")[0] if label.startswith("@") else label


def parse_query(xml_text):
  """The targets in the answer of `bazel query --output=xml`."""
  targets = []
  for rule in ElementTree.fromstring(xml_text).iter("rule"):
    lists = {element.get("name"): [item.get("value") for item in element.iter("label")] for element in rule.iter("list")}
    targets.append(
        Target(
            label=rule.get("name"),
            srcs=[_path(label) for label in lists.get("srcs", [])],
            hdrs=[_path(label) for label in lists.get("hdrs", [])],
            deps=[_short(label) for label in lists.get("deps", [])],
        )
    )
  return targets


def _included_path(path):
  """How a header of ours is written in an #include."""
  return path.removeprefix(GENERATED_ROOT)


def _external_owner(path):
  return next((label for label, pattern in EXTERNAL if pattern.match(path)), None)


@dataclasses.dataclass(frozen=True)
class Complaint:
  """Something that is wrong with a target, and what would mend it."""

  label: str
  text: str
  missing: str | None = None
  superfluous: str | None = None

  def __str__(self):
    return f"{self.label}: {self.text}"


def complaints(targets, includes):
  """What is wrong. `includes` gives a file's includes as source_files.includes does, or [] for generated ones."""
  owners = {}
  for target in targets:
    for header in target.hdrs:
      owners.setdefault(_included_path(header), []).append(target.label)
  headers_of = {target.label: target.hdrs for target in targets}
  found = []
  for target in targets:
    own = {_included_path(path) for path in target.srcs + target.hdrs}
    used = set()
    for name in target.srcs + target.hdrs:
      for path in (path for path, _ in includes(name) if path not in own):
        candidates = owners.get(path) or [label for label in [_external_owner(path)] if label]
        used |= set(candidates)
        if candidates and not set(candidates) & set(target.deps):
          text = f"{name} includes {path}, but {' or '.join(candidates)} is not among its deps"
          found.append(Complaint(target.label, text, missing=candidates[0]))
        elif path.endswith(".h") and not candidates and (source_files.ROOT / path).is_file():
          found.append(Complaint(target.label, f"{name} includes {path}, which is in no target's hdrs"))
    for dep in target.deps:
      # Of ours only: a library of the system's may be needed for linking alone (a main function, say), and so may a target without headers.
      if dep not in used and headers_of.get(dep) and not _generated(target):
        text = f"no file of it includes a header of {dep}, which is among its deps"
        found.append(Complaint(target.label, text, superfluous=dep))
  return found


def _generated(target):
  """Whether the files are generated ones, whose includes are not for us to say."""
  return any(name.endswith((".pb.cc", ".pb.h")) for name in target.srcs + target.hdrs)


def _includes_of(name):
  return source_files.includes(name) if (source_files.ROOT / name).is_file() else []


def mend(text, package, target, missing, superfluous):
  """The text of a BUILD file with the deps of one target changed; unchanged where deps is no plain list. Formatting is buildifier's."""
  rule = re.search(rf'^\w+\(\n(?:[^)\n].*\n)*?    name = "{re.escape(target)}",\n(?:[^)\n].*\n|\n)*?\)', text, re.MULTILINE)
  if not rule:
    return text
  deps = re.search(r"^    deps = \[([^\]]*)\],\n", rule[0], re.MULTILINE)
  labels = re.findall(r'"([^"]+)"', deps[1]) if deps else []

  def full(label):
    if label.startswith(":"):
      return f"//{package}{label}"
    # //common/log is short for //common/log:log.
    return label if ":" in label or not label.startswith("//") else f"{label}:{label.rsplit('/', 1)[1]}"

  kept = [label for label in labels if full(label) not in superfluous]
  kept += [label.replace(f"//{package}:", ":") for label in missing if label not in map(full, labels)]
  line = f"    deps = [{', '.join(json.dumps(label) for label in kept)}],\n" if kept else ""
  changed = rule[0].replace(deps[0], line) if deps else rule[0][:-1] + line + ")"
  return text.replace(rule[0], changed)


def _mend_all(found):
  """Changes the BUILD files so that the complaints about deps go away."""
  changes = {}
  for complaint in found:
    missing, superfluous = changes.setdefault(complaint.label, (set(), set()))
    missing |= {complaint.missing} - {None}
    superfluous |= {complaint.superfluous} - {None}
  for label, (missing, superfluous) in changes.items():
    package, _, target = label.removeprefix("//").partition(":")
    path = source_files.ROOT / package / "BUILD.bazel"
    path.write_text(mend(path.read_text(), package, target, sorted(missing), superfluous))


def run(fix=False):
  """Returns (whether all is well, what to say)."""
  command = [os.environ.get("BAZEL", "bazel"), "query", "--noshow_progress", "--output=xml", 'kind("cc_(library|binary|test) rule", //...)']
  result = subprocess.run(command, cwd=source_files.ROOT, check=False, capture_output=True, text=True)
  if result.returncode != 0:
    return False, result.stderr
  targets = parse_query(result.stdout)
  found = complaints(targets, _includes_of)
  if fix:
    _mend_all(found)
    found = [complaint for complaint in found if not complaint.missing and not complaint.superfluous]
  lines = [str(complaint) for complaint in found]
  listed = {path for target in targets for path in target.srcs + target.hdrs}
  lines += [f"{name} is in no target" for name in source_files.ours(".cc", ".h") if name not in listed]
  return not lines, "\n".join([*lines, f"{len(targets)} targets, {len(lines)} complaints"])
