"""Turns measurements of the cluster and of the reference into a table."""

import dataclasses
import statistics

MIB = 1 << 20


@dataclasses.dataclass(frozen=True)
class Row:
  """One quantity, measured on both sides; smaller is better."""

  name: str
  unit: str
  cluster: list[float]
  reference: list[float]
  # Whether the cluster must not exceed the reference here; the others are told to be complete.
  judged: bool = True

  @property
  def ratio(self):
    """Median of the cluster over median of the reference; below 1 the cluster is the better."""
    return statistics.median(self.cluster) / statistics.median(self.reference)

  def cells(self):
    digits = 0 if self.unit == "MiB" else 2
    return [f"{self.name}, {self.unit}", _spread(self.cluster, digits), _spread(self.reference, digits), f"{self.ratio:.2f}"]


def _spread(values, digits):
  middle = f"{statistics.median(values):.{digits}f}"
  return f"{middle} ({min(values):.{digits}f}–{max(values):.{digits}f})" if len(values) > 1 else middle


def table(rows, reference_name):
  """A Markdown table: medians, with least and greatest in brackets."""
  lines = [["", "Unclip", reference_name, "ratio"], ["---", "---:", "---:", "---:"], *(row.cells() for row in rows)]
  return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def worse(rows):
  """The names of the judged quantities in which the cluster exceeds the reference."""
  return [row.name for row in rows if row.judged and row.ratio > 1]


def replace_section(text, name, content):
  """The text with `content` between its markers `<!-- NAME -->` and `<!-- /NAME -->`."""
  begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
  before, found_begin, rest = text.partition(begin)
  _, found_end, after = rest.partition(end)
  if not found_begin or not found_end:
    raise ValueError(f"the markers {begin} and {end} are not there")
  return f"{before}{begin}\n{content}\n{end}{after}"
