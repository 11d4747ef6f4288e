"""What a load consists of, and when it arrives: from a seed, so that the same can be sent again."""

import dataclasses
import random
import re

DEFAULT_MIX = "5:native:25/25/7,2:64:15/15/4,2:256:25/25/7,1:native:50/50/9"
_SHAPE = re.compile(r"(?P<weight>[0-9.]+):(?P<size>native|[0-9]+):(?P<prior>[0-9]+)/(?P<decoder>[0-9]+)/(?P<super_res>[0-9]+)")


@dataclasses.dataclass(frozen=True)
class Kind:
  """A kind of request, and how often it comes beside the others."""

  weight: float
  # Side of the picture in pixels; 0: the model's own.
  size: int
  prior_steps: int
  decoder_steps: int
  super_res_steps: int


@dataclasses.dataclass(frozen=True)
class Request:
  """A request, `at` seconds after the start of the load."""

  at: float
  prompt: str
  seed: int
  kind: Kind


def parse_mix(text):
  """Kinds from `WEIGHT:SIZE:PRIOR/DECODER/SUPER_RES,...`, SIZE being `native` or a number of pixels; a ValueError names what is wrong."""
  kinds = []
  for part in text.split(","):
    match = _SHAPE.fullmatch(part.strip())
    if not match:
      raise ValueError(f"{part.strip()!r} is not WEIGHT:SIZE:PRIOR/DECODER/SUPER_RES, as in 2:64:15/15/4 or 1:native:25/25/7")
    size = 0 if match["size"] == "native" else int(match["size"])
    kinds.append(Kind(float(match["weight"]), size, int(match["prior"]), int(match["decoder"]), int(match["super_res"])))
  if sum(kind.weight for kind in kinds) <= 0:
    raise ValueError(f"the weights of {text!r} add up to nothing")
  return kinds


def arrivals(rate, seconds, seed):
  """The times, in [0, seconds), at which requests arrive: a Poisson process of `rate` a second.

  With the same seed another rate has the same gaps, stretched or shortened.
  """
  if rate <= 0:
    raise ValueError(f"a rate of {rate:g} requests a second sends nothing")
  generator = random.Random(f"arrivals {seed}")
  times = []
  now = generator.expovariate(1.0) / rate
  while now < seconds:
    times.append(now)
    now += generator.expovariate(1.0) / rate
  return times


def requests(times, kinds, prompts, seed):
  """A request for each of the times. Request i is the same whatever the times: its prompt, kind and seed depend on `seed` and i alone."""
  generator = random.Random(f"requests {seed}")
  weights = [kind.weight for kind in kinds]
  return [
      Request(at=at, prompt=generator.choice(prompts), seed=generator.getrandbits(63), kind=generator.choices(kinds, weights)[0]) for at in times
  ]
