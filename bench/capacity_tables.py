"""`capacity.py tables`: the tables of docs/capacity.md, from the scenarios in bench/scenarios."""

import json
import math
import re
import sys

from simulator import SCENARIOS, changed, read_scenario, simulate

# No part of the cluster is to be busier than this: above it waits grow without measure.
BUSIEST = 0.85
IN_TIME = 0.99
SERVICES = ("clip", "prior", "decoder")
_MOST_ROUNDS = 12


def picture_seconds(profile, steps=(25, 25, 7), candidates=2):
  """By service, the seconds that a picture takes of a replica that has it alone."""

  def stage(service, index, rows):
    table = {int(key): value for key, value in profile[service]["stages"][index]["step_seconds"].items()}
    return table[min(table, key=lambda have: abs(have - rows))]

  prior, decoder, super_res = steps
  return {
      "clip": stage("clip", 0, 1),
      "prior": prior * stage("prior", 0, 2 * candidates),
      "decoder": decoder * stage("decoder", 0, 2) + super_res * stage("decoder", 1, 1),
  }


def first_guess(profile, rate, max_pictures):
  """Replicas by arithmetic: the work of a second over what a replica may do of it; places of gateways by Little's law."""
  seconds = picture_seconds(profile)
  counts = {service: max(1, math.ceil(rate * seconds[service] / BUSIEST)) for service in SERVICES}
  # Under way twice as long as alone.
  counts["gateway"] = max(1, math.ceil(rate * 2 * sum(seconds.values()) / max_pictures / BUSIEST))
  return counts


def shares(result):
  """By service, how busy its busiest part was."""
  used = result["used"]
  gateway = max(share for name, share in used.items() if name.startswith("gateway"))
  return {**{service: used[service] for service in SERVICES}, "gateway": gateway}


def size(scenario, profile, rate, run=simulate):
  """The fewest replicas that bear `rate`, by service, and what the simulator says of them.

  Counts follow the shares that were used until they change no more. One that was too few once is not tried again.
  """
  counts = first_guess(profile, rate, scenario.get("gateway", {}).get("max_pictures", 32))
  too_few = dict.fromkeys(counts, 0)
  best = None
  for _ in range(_MOST_ROUNDS):
    result = run(with_load(scenario, rate, counts))
    busy = shares(result)
    fits = result["finished"] >= IN_TIME * result["sent"] and max(busy.values()) <= BUSIEST
    if fits:
      best = (dict(counts), result)
    too_few = {name: max(too_few[name], counts[name]) if busy[name] > BUSIEST else too_few[name] for name in counts}
    wanted = {name: max(1, math.ceil(counts[name] * busy[name] / BUSIEST), too_few[name] + 1) for name in counts}
    if wanted == counts:
      if fits:
        return best
      # Nothing is too busy, and yet too much is late: the queue in front of the slowest.
      wanted["decoder"] += 1
    counts = wanted
  if best is None:
    raise RuntimeError(f"no size was found for {rate:g} pictures a second; the last was {counts}")
  return best


def with_load(scenario, rate, counts):
  """The scenario at this rate with so many replicas; shorter where more arrive, as the figures are then as sure."""
  counted = max(20.0, min(200.0, 5000.0 / rate))
  changes = {f"{name}.replicas": count for name, count in counts.items()}
  return changed(scenario, {**changes, "rates": [{"rate": rate}], "seconds": scenario["warm_seconds"] + counted})


def _sizing_row(rate, counts, result, threads):
  busy = sorted(shares(result).items(), key=lambda pair: -pair[1])
  latency = result["latency_seconds"]
  cells = [
      f"{rate:,g}",
      *(f"{counts[name]:,}" for name in ("clip", "prior", "decoder", "gateway")),
      f"{sum(counts[name] for name in SERVICES) * threads:,}",
      f"{result['finished'] / result['sent']:.1%}",
      f"{latency['p50']:.2f}, {latency['p95']:.2f}, {latency['p99']:.2f}",
      f"{result['replicas']['prior']['jobs_per_step']:.2f}, {result['replicas']['decoder']['jobs_per_step']:.2f}",
      ", ".join(f"{name} {share:.0%}" for name, share in busy[:3]),
  ]
  return f"| {' | '.join(cells)} |"


def sizing_table(rates, run=simulate):
  """How many replicas each rate takes."""
  scenario = read_scenario(SCENARIOS / "steady.json")
  with open(scenario["profile"], encoding="utf-8") as file:
    profile = json.load(file)
  lines = [
      "| pictures/s | clip | prior | decoder | gateway | model cores | in time | p50, p95, p99, s | jobs a step: prior, decoder | busiest |",
      "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |",
  ]
  for rate in rates:
    counts, result = size(scenario, profile, rate, run)
    print(f"{rate:g} a second: {counts}", file=sys.stderr, flush=True)
    lines.append(_sizing_row(rate, counts, result, profile["decoder"]["threads"]))
  return with_state(profile, lines)


def scaling_table(run=simulate):
  """What an autoscaler makes of a step and of a spike, by how soon a replica helps."""
  lines = [
      "| load | replica starts in, s | found within, s | in time | refused or late | p99, s | decoders: most | decoder hours |",
      "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
  ]
  profile = None
  for name in ("step", "spike"):
    scenario = read_scenario(SCENARIOS / f"{name}.json")
    with open(scenario["profile"], encoding="utf-8") as file:
      profile = json.load(file)
    for start in (5, 30, 120):
      for age in (15, 300):
        result = run(changed(scenario, {"decoder.pending_seconds": start, "gateway.connection_age_seconds": age}))
        decoder = result["replicas"]["decoder"]
        cells = [
            name, f"{start} + {profile['decoder']['load_seconds']:.1f}", f"{age}", f"{result['finished'] / result['sent']:.1%}",
            f"{result['sent'] - result['finished']:,}", f"{result['latency_seconds']['p99']:.1f}", str(decoder["most"]), f"{decoder['hours']:.2f}",
        ]  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    print(f"{name}: done", file=sys.stderr, flush=True)
  return with_state(profile, lines)


def arithmetic_table(rates):
  """Replicas by work over time alone, for models that no load was put on."""
  lines = ["| model | pictures/s | prior | decoder |", "| --- | ---: | ---: | ---: |"]
  profile = json.loads((SCENARIOS / "profiles/karlo-cpu.json").read_text())
  seconds = picture_seconds(profile)
  for rate in rates:
    prior, decoder = (math.ceil(rate * seconds[service] / BUSIEST) for service in ("prior", "decoder"))
    lines.append(f"| {profile['about']['what']} | {rate:,g} | {prior:,} | {decoder:,} |")
  return with_state(profile, lines)


def with_state(profile, lines):
  """The table with what its figures come from, and whether they are provisional."""
  about = profile["about"]
  state = f"**Provisional**: {about['provisional']}. " if "provisional" in about else ""
  source = about.get("source") or f"{about['machine']['cpu']}, Unclip {about['machine']['unclip_commit']}, {about['machine']['date']}"
  return "\n".join([*lines, "", f"{state}{about['what']}; {source}."])


def put(text, name, table):
  """The page with the table between its marks replaced; a ValueError when it has no such marks."""
  begin, end = f"<!-- capacity {name} -->", f"<!-- /capacity {name} -->"
  changed_text, count = re.subn(f"{re.escape(begin)}.*?{re.escape(end)}", lambda _: f"{begin}\n{table}\n{end}", text, flags=re.DOTALL)
  if count != 1:
    raise ValueError(f"the page has {count} places for {name}, marked {begin} … {end}; it must have one")
  return changed_text


def run_tables(options):
  """Prints the tables, or puts them into options.write."""
  tables = {"sizing": sizing_table(options.rates), "scaling": scaling_table(), "arithmetic": arithmetic_table(options.rates)}
  if not options.write:
    print("\n\n".join(tables.values()))
    return 0
  text = options.write.read_text()
  for name, table in tables.items():
    text = put(text, name, table)
  options.write.write_text(text)
  return 0
