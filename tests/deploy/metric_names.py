"""Which metrics a query names, and whether the processes have them: docs/observability.md lists those, held equal to the code."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]

PLACES = {
    "process": ("clip", "prior", "decoder", "gateway", "train"),
    "service": ("clip", "prior", "decoder", "gateway"),
    "model service": ("clip", "prior", "decoder"),
    "step service": ("prior", "decoder"),
}
_OURS = re.compile(r"unclip[a-zA-Z0-9_:]*")


def documented():
  """Name of every family that docs/observability.md lists, to its kind and its labels."""
  families = {}
  rows = re.findall(r"^\| `(unclip_[^`{]+)(?:\{([^`]*)\})?` \| (\w+) \|", (ROOT / "docs/observability.md").read_text(), re.M)
  for name, labels, kind in rows:
    place = re.search(r"<([a-z ]+)>", name)
    for service in PLACES[place[1]] if place else [None]:
      families[name.replace(place[0], service) if place else name] = (kind, set(filter(None, labels.split(","))))
  return families


def names_in(query):
  """The metrics of this project that a query names; strings and what a template leaves open are passed over."""
  return set(_OURS.findall(re.sub(r'"(?:[^"\\]|\\.)*"', '""', query)))


def unknown_names(query, recorded=()):
  """Those of names_in() that neither a process nor a recording rule has, a histogram's by the names of its samples."""
  families = documented()
  samples = set()
  for name, (kind, _) in families.items():
    samples |= {name + suffix for suffix in ("_bucket", "_sum", "_count")} if kind == "histogram" else {name}
  return names_in(query) - samples - set(recorded)


def unknown_labels(query):
  """Pairs of a family and a label that a selector or a matcher in the query gives it, and that the documentation does not."""
  families = documented()
  wrong = set()
  for name, matchers in re.findall(r"(unclip_[a-z0-9_]+)\{([^}]*)\}", query):
    family = name if name in families else re.sub(r"_(bucket|sum|count)$", "", name)
    if family not in families:
      continue
    labels = families[family][1] | {"instance", "job"} | ({"le"} if family != name else set())
    wrong |= {(family, label) for label in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", re.sub(r'"(?:[^"\\]|\\.)*"', '""', matchers)) if label not in labels}
  return wrong
