"""The algorithm of Kubernetes' HorizontalPodAutoscaler (autoscaling/v2), as in tools/simulate/horizontal_autoscaler.h.

Both are held to tools/simulate/testdata/hpa_cases.json.
"""

import dataclasses
import math

PENDING = "pending"


@dataclasses.dataclass(frozen=True)
class Policy:
  """At most so many pods, or so many percent of them, may come or go in a period."""

  kind: str  # "Pods" or "Percent"
  value: int
  period: float


@dataclasses.dataclass(frozen=True)
class Rules:
  """One direction. The most cautious recommendation within the window, in seconds, counts. No policies: no limit."""

  window: float
  policies: tuple[Policy, ...]
  select: str = "Max"


# What Kubernetes takes where a manifest says nothing.
DEFAULT_UP = Rules(0, (Policy("Percent", 100, 15), Policy("Pods", 4, 15)))
DEFAULT_DOWN = Rules(300, (Policy("Percent", 100, 15),))


@dataclasses.dataclass(frozen=True)
class Options:
  """metric: "pods", each pod's own value; or "external", one value for all of them. target: of the metric, a pod."""

  maximum: int
  target: float
  minimum: int = 1
  metric: str = "pods"
  tolerance: float = 0.1
  up: Rules = DEFAULT_UP
  down: Rules = DEFAULT_DOWN


def _thousandths(value):
  return round(value * 1000)


class HorizontalAutoscaler:
  """Remembers recommendations and changes."""

  def __init__(self, options):
    self._options = options
    self._recommendations = []
    self._changes = []

  def decide(self, now, current, pods):
    """How many replicas there should be at `now`, in seconds, when there are `current`.

    pods: of each its value, None where the metric is missing, or PENDING.
    """
    options = self._options
    if not self._recommendations:
      self._recommendations.append((now, current))
    if current == 0:
      return 0
    desired = min(max(current, options.minimum), options.maximum)
    if desired == current:
      desired = self._stabilize(now, current, self._recommend(current, pods))
      if desired > current:
        desired = min(desired, self._limit_up(now, current), options.maximum)
      elif desired < current:
        desired = max(desired, self._limit_down(now, current), options.minimum)
    if desired != current:
      self._changes.append((now, desired - current))
    return desired

  def _is_tolerated(self, ratio):
    return 1 - self._options.tolerance <= ratio <= 1 + self._options.tolerance

  def _recommend(self, current, pods):
    target = _thousandths(self._options.target)
    values = [_thousandths(value) for value in pods if value is not None and value != PENDING]
    if self._options.metric == "external":
      wanted = sum(values) / target
      return current if self._is_tolerated(wanted / current) else math.ceil(wanted)
    if not values:
      return current
    usage, ready = sum(values), len(values)
    ratio = usage // ready / target
    pending, missing = pods.count(PENDING), pods.count(None)
    if missing == 0 and (pending == 0 or ratio <= 1):
      return current if self._is_tolerated(ratio) else math.ceil(ratio * ready)
    # Of those that say nothing the more cautious is taken.
    counted = ready + missing + (0 if ratio < 1 else pending)
    cautious = (usage + (missing * target if ratio < 1 else 0)) // counted / target
    if self._is_tolerated(cautious) or (ratio < 1) != (cautious < 1):
      return current
    recommended = math.ceil(cautious * counted)
    return current if (cautious < 1 and recommended > current) or (cautious > 1 and recommended < current) else recommended

  def _stabilize(self, now, current, recommended):
    def within(window):
      return [replicas for at, replicas in self._recommendations if at > now - window]

    least = min([recommended, *within(self._options.up.window)])
    most = max([recommended, *within(self._options.down.window)])
    self._recommendations.append((now, recommended))
    longest = max(self._options.up.window, self._options.down.window)
    self._recommendations = [(at, replicas) for at, replicas in self._recommendations if at > now - longest] or [(now, recommended)]
    return least if current < least else min(current, most)

  def _begin(self, now, current, policy):
    """How many there were a period ago."""
    return current - sum(change for at, change in self._changes if at > now - policy.period)

  def _limit_up(self, now, current):
    rules = self._options.up
    if rules.select == "Disabled":
      return current
    limits = []
    for policy in rules.policies:
      begin = self._begin(now, current, policy)
      limits.append(begin + policy.value if policy.kind == "Pods" else math.ceil(begin * (1 + policy.value / 100)))
    return max(current, (max if rules.select == "Max" else min)(limits, default=math.inf))

  def _limit_down(self, now, current):
    rules = self._options.down
    if rules.select == "Disabled":
      return current
    limits = []
    for policy in rules.policies:
      begin = self._begin(now, current, policy)
      limits.append(begin - policy.value if policy.kind == "Pods" else math.trunc(begin * (1 - policy.value / 100)))
    return min(current, (min if rules.select == "Max" else max)(limits, default=0))
