"""Turns the answers to a load into numbers, and those into a table."""

import dataclasses
import math

# gRPC's names of codes that have a count of their own.
OK, REJECTED, EXPIRED = "OK", "RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED"


@dataclasses.dataclass(frozen=True)
class Outcome:
  """What became of a request. Times are seconds after the start of the load; those of open loads count from when the request was due."""

  due: float
  # When it was really sent.
  sent: float
  end: float
  # gRPC's name of the status code.
  code: str
  first_preview: float | None = None

  @property
  def latency(self):
    return self.end - self.due

  def in_time(self, slo):
    return self.code == OK and self.latency <= slo


def percentile(values, share):
  """The smallest of the values that at least `share` (0 to 1) of them do not exceed; None of no values."""
  if not values:
    return None
  return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def _mean(values):
  return sum(values) / len(values) if values else None


def _counts(outcomes, slo):
  """How many there are of each; they add up to `sent`."""
  failures = {}
  for outcome in outcomes:
    if outcome.code not in (OK, REJECTED, EXPIRED):
      failures[outcome.code] = failures.get(outcome.code, 0) + 1
  codes = [outcome.code for outcome in outcomes]
  finished = sum(outcome.in_time(slo) for outcome in outcomes)
  return {
      "sent": len(outcomes),
      "finished": finished,
      "late": codes.count(EXPIRED) + codes.count(OK) - finished,
      "rejected": codes.count(REJECTED),
      "failed": sum(failures.values()),
      "failed_by_code": failures,
  }


def _times(outcomes):
  """Latencies of all pictures that came, the late ones among them, and times to the first preview."""
  latencies = [outcome.latency for outcome in outcomes if outcome.code == OK]
  previews = [outcome.first_preview - outcome.due for outcome in outcomes if outcome.first_preview is not None]
  return {
      "latency_seconds": {
          "mean": _mean(latencies),
          **{f"p{round(100 * share)}": percentile(latencies, share) for share in (0.5, 0.95, 0.99)},
      },
      "first_preview_seconds": {"count": len(previews), "p50": percentile(previews, 0.5), "p95": percentile(previews, 0.95)},
  }


def summarize_open(outcomes, slo, window):
  """What an open load came to. `window` (from, to) leaves out the start, when the cluster was empty, and the end, when nothing more came.

  Counts and times are those of the requests that were due in the window; rates are the pictures that came in it, whenever they were asked for.
  """
  begin, end = window
  inside = [outcome for outcome in outcomes if begin <= outcome.due < end]
  came = [outcome for outcome in outcomes if outcome.code == OK and begin <= outcome.end < end]
  return {
      "offered_rate": len(inside) / (end - begin),
      "achieved_rate": len(came) / (end - begin),
      "goodput": sum(outcome.in_time(slo) for outcome in came) / (end - begin),
      **_counts(inside, slo),
      **_times(inside),
      "greatest_send_lag_seconds": max((outcome.sent - outcome.due for outcome in outcomes), default=0.0),
  }


def summarize_closed(outcomes, slo):
  """What a closed load came to: rates are over all of it, from the first request to the last answer."""
  seconds = max(outcome.end for outcome in outcomes) - min(outcome.sent for outcome in outcomes)
  return {
      "offered_rate": None,
      "achieved_rate": sum(outcome.code == OK for outcome in outcomes) / seconds,
      "goodput": sum(outcome.in_time(slo) for outcome in outcomes) / seconds,
      **_counts(outcomes, slo),
      **_times(outcomes),
      "seconds": seconds,
  }


def _number(value):
  return "–" if value is None else f"{value:.2f}"


def row(name, summary):
  """The cells of a line of the table."""
  latency, preview = summary["latency_seconds"], summary["first_preview_seconds"]
  failed = ", ".join(f"{count} {code}" for code, count in sorted(summary["failed_by_code"].items()))
  return [
      name,
      *(_number(summary[key]) for key in ("offered_rate", "achieved_rate", "goodput")),
      *(_number(latency[key]) for key in ("mean", "p50", "p95", "p99")),
      *(_number(preview[key]) for key in ("p50", "p95")),
      *(str(summary[key]) for key in ("sent", "finished", "late", "rejected")),
      failed or "0",
  ]


HEADER = [
    "load", "offered/s", "achieved/s", "goodput/s", "mean s", "p50 s", "p95 s", "p99 s", "preview p50 s", "preview p95 s",
    "sent", "finished", "late", "rejected", "failed",
]  # fmt: skip


def table(rows):
  """A Markdown table of the rows, its columns aligned for terminals."""
  lines = [HEADER, *rows]
  widths = [max(len(line[column]) for line in lines) for column in range(len(HEADER))]
  padded = [[cell.rjust(width) if column else cell.ljust(width) for column, (cell, width) in enumerate(zip(line, widths))] for line in lines]
  rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
  return "\n".join(f"| {' | '.join(cells)} |" for cells in [padded[0], rule, *padded[1:]])
