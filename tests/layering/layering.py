"""The layering test: who may depend on whom, asked of Bazel.

usage: layering.py [--list]

Each rule is a query for what breaks it, over the real targets, and holds when the answer is empty. A rule whose layer has no targets fails
as well, and so does the whole test when it does not find a dependency that is there: a check that cannot fail would be worse than none.

`make check` also runs scripts/check/include_graph.py, without which an #include could pass a rule by.
"""

import dataclasses
import functools
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SERVICES = ("clip", "prior", "decoder")
EXTERNAL = {"LibTorch": "@libtorch//:libtorch", "gRPC": "@grpc//:grpc", "Protobuf": "@protobuf//:protobuf"}


class QueryError(Exception):
  """Bazel could not answer."""


@dataclasses.dataclass(frozen=True)
class Layer:
  """Targets of ours whose labels match a regular expression."""

  name: str
  pattern: str

  def query(self):
    return f'filter("{self.pattern}", //...)'


def folder(path):
  """The layer of a folder and those below it."""
  return Layer(path, f"^//{path}[/:]")


def protos(*packages):
  """The layer of the generated code of proto/unclip/<package>."""
  names = "|".join(packages)
  # all_protos is the list of .proto files that every generator reads; it holds no code.
  return Layer(f"proto/{{{names}}}", f"^//proto:((({names})(_gen)?|all_protos)$|unclip/)")


# What tests read: checkpoints, traces, and tables of docs/ that are compared with the code.
DATA = Layer("data", "^//(docs|models|tests/goldens|tests/gradients)[/:]")


@dataclasses.dataclass(frozen=True)
class OnlyDependsOn:
  """Of our targets, `layer` depends on itself and `allowed` only, directly or through others."""

  layer: Layer
  allowed: tuple[Layer, ...]

  def __str__(self):
    return f"{self.layer.name} depends on {', '.join(layer.name for layer in self.allowed) or 'nothing else'} only"

  def query(self):
    excepted = " + ".join(f'filter("{layer.pattern}", deps(//...))' for layer in (self.layer, *self.allowed))
    return f'filter("^//", deps({self.layer.query()})) except ({excepted})'


@dataclasses.dataclass(frozen=True)
class NeverReaches:
  """Nothing in `layer` depends on a library of EXTERNAL, directly or through others."""

  layer: Layer
  library: str

  def __str__(self):
    return f"{self.layer.name} never reaches {self.library}"

  def query(self):
    return f"somepath({self.layer.query()}, {EXTERNAL[self.library]})"


@dataclasses.dataclass(frozen=True)
class OnlyForTests:
  """Only tests, and what is marked testonly, depend on `layer`, directly or through others."""

  layer: Layer

  def __str__(self):
    return f"only tests depend on {self.layer.name}"

  def query(self):
    return f'attr("testonly", 0, kind("cc_(library|binary) rule", rdeps(//..., {self.layer.query()})))'


@dataclasses.dataclass(frozen=True)
class OnlyUsedWithin:
  """Nothing outside `layer` depends on it, but for what belongs to `excepted`."""

  layer: Layer
  excepted: Layer

  def __str__(self):
    return f"nothing outside depends on {self.layer.name}, but for {self.excepted.name}"

  def query(self):
    private = f"({self.layer.query()} except {self.excepted.query()})"
    return f"rdeps(//..., {private}) except {self.layer.query()}"


def _service(name):
  """Rules for inside a service: main > service > engine (interface); only the engine's implementation knows LibTorch."""
  package = f"^//services/{name}:"
  torch_free = [
      Layer(f"{name}_service", f"{package}{name}_service$"),
      Layer(f"{name}_engine (the interface)", f"{package}{name}_engine$"),
      Layer(f"{name}_service's tests", f"{package}{name}_service_test$"),
  ]
  model = Layer(f"{name}_model", f"{package}{name}_model$")
  return [
      OnlyDependsOn(
          folder(f"services/{name}"),
          (folder("base"), folder("common"), folder("model"), folder("services/sampling"), protos(name, "common"), DATA),
      ),
      *(NeverReaches(layer, "LibTorch") for layer in torch_free),
      *(NeverReaches(model, library) for library in ("gRPC", "Protobuf")),
  ]


RULES = [
    OnlyDependsOn(folder("base"), ()),
    OnlyDependsOn(folder("common"), (folder("base"), protos("common"), DATA)),
    OnlyDependsOn(folder("model"), (folder("base"), DATA)),
    OnlyDependsOn(folder("gateway"), (folder("base"), folder("common"), folder("proto"), DATA)),
    OnlyDependsOn(folder("proto"), ()),
    OnlyDependsOn(folder("services/sampling"), (folder("base"), folder("common"), folder("model"), protos("common"), DATA)),
    NeverReaches(folder("services/sampling"), "LibTorch"),
    OnlyDependsOn(folder("train"), (folder("base"), folder("common"), folder("model"), folder("services"), DATA)),
    NeverReaches(folder("train"), "gRPC"),
    NeverReaches(folder("train"), "Protobuf"),
    NeverReaches(folder("train/data"), "LibTorch"),
    # The simulator steps the servers' rules, not their models.
    NeverReaches(folder("tools/simulate"), "LibTorch"),
    NeverReaches(folder("base"), "LibTorch"),
    NeverReaches(folder("base"), "gRPC"),
    NeverReaches(folder("base"), "Protobuf"),
    NeverReaches(folder("common"), "LibTorch"),
    NeverReaches(folder("gateway"), "LibTorch"),
    NeverReaches(folder("model"), "gRPC"),
    NeverReaches(folder("model"), "Protobuf"),
    *(rule for name in SERVICES for rule in _service(name)),
    OnlyUsedWithin(folder("tests"), DATA),
    OnlyForTests(folder("tests/goldens")),
]

# Rules that the tree is known to break: they show that a broken rule is seen.
BROKEN_RULES = [
    OnlyDependsOn(folder("services/prior"), ()),
    NeverReaches(folder("model"), "LibTorch"),
    OnlyUsedWithin(folder("base"), DATA),
    OnlyForTests(folder("base")),
]


@functools.cache
def ask(query):
  """The labels that Bazel answers with."""
  command = [os.environ.get("BAZEL", "bazel"), "query", "--noshow_progress", "--noimplicit_deps", query]
  result = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
  if result.returncode != 0:
    raise QueryError(f"bazel query failed:\n{query}\n{result.stderr}")
  return result.stdout.split()


def broken_by(rule):
  """The targets that break the rule."""
  return ask(rule.query())


def check(rule):
  """What is wrong with the rule, or None."""
  if not ask(rule.layer.query()):
    return f"BROKEN: {rule}: no target belongs to {rule.layer.name}, so the rule says nothing"
  found = broken_by(rule)
  if not found:
    return None
  # A path is told in its order, a set by its first members.
  return f"BROKEN: {rule}:\n  " + "\n  ".join(found[:12])


def main():
  if sys.argv[1:] == ["--list"]:
    print("\n".join(str(rule) for rule in RULES))
    return 0
  complaints = [complaint for complaint in map(check, RULES) if complaint]
  for rule in BROKEN_RULES:
    if not broken_by(rule):
      complaints.append(f"BROKEN: this test does not see that the tree breaks the rule '{rule}'")
  print("\n".join([*complaints, f"{len(RULES)} rules, {len(complaints)} complaints"]))
  return 1 if complaints else 0


if __name__ == "__main__":
  try:
    sys.exit(main())
  except QueryError as query_error:
    sys.exit(str(query_error))
