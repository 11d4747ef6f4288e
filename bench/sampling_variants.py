"""The ways to sample a picture that bench/sampling.py compares: what is asked of the gateway beside a prompt, by name."""

import dataclasses
import json

SAMPLERS = {"ancestral": 1, "ddim": 2, "dpm": 3}
STAGES = ("prior", "decoder", "super_res")


@dataclasses.dataclass(frozen=True)
class Variant:
  """One way. `fields` are GenerateImageRequest's, by name; messages are dictionaries."""

  name: str
  fields: dict

  def key(self):
    """The same for two variants that ask the same."""
    return json.dumps(self.fields, sort_keys=True)


def _stage(fields, stage, text):
  """`text` is SAMPLER/STEPS, then any of g=START,END (guidance interval), e=ETA and d=N (deep features every N steps), with blanks."""
  main, *options = text.split()
  sampler, steps = main.split("/")
  if stage == "super_res":
    fields["super_res_step_counts"] = [int(steps)]
  else:
    fields[f"{stage}_step_count"] = int(steps)
  sampling = {"sampler": SAMPLERS[sampler]}
  for option in options:
    name, value = option.split("=")
    if name == "g":
      sampling["guidance_start"], sampling["guidance_end"] = map(float, value.split(","))
    elif name == "e":
      sampling["eta"] = float(value)
    elif name == "d":
      sampling["deep_feature_interval"] = int(value)
    else:
      raise ValueError(f"{option!r} in {text!r}: g=START,END, e=ETA or d=N")
  fields[f"{stage}_sampling"] = sampling


def variant(name, prior="ancestral/25", decoder="ancestral/25", super_res="ancestral/7"):
  fields = {}
  for stage, text in zip(STAGES, (prior, decoder, super_res)):
    _stage(fields, stage, text)
  return Variant(name, fields)


def speed(name):
  """A preset of the gateway."""
  return Variant(name, {"speed": {"quality": 1, "balanced": 2, "fast": 3}[name]})


# The first of a suite is what the others are compared with: as the models were published.
_PUBLISHED = variant("published: ancestral 25/25/7")
SUITES = {
    "prior": [
        _PUBLISHED,
        variant("prior ancestral 10", prior="ancestral/10"),
        variant("prior ddim 10", prior="ddim/10"),
        *(variant(f"prior dpm {steps}", prior=f"dpm/{steps}") for steps in (10, 6, 4)),
    ],
    "decoder": [
        _PUBLISHED,
        variant("decoder ancestral 15", decoder="ancestral/15"),
        variant("decoder ancestral 10", decoder="ancestral/10"),
        variant("decoder ddim 10", decoder="ddim/10"),
        *(variant(f"decoder dpm {steps}", decoder=f"dpm/{steps}") for steps in (15, 10, 8, 6)),
    ],
    "super_res": [
        _PUBLISHED,
        *(variant(f"upsampler ancestral {steps}", super_res=f"ancestral/{steps}") for steps in (5, 4, 3, 2)),
        *(variant(f"upsampler {sampler} 4", super_res=f"{sampler}/4") for sampler in ("ddim", "dpm")),
    ],
    "savings": [
        _PUBLISHED,
        variant("prior guided 0.2–1", prior="ancestral/25 g=0.2,1"),
        variant("prior guided 0–0.8", prior="ancestral/25 g=0,0.8"),
        variant("decoder guided 0.2–1", decoder="ancestral/25 g=0.2,1"),
        variant("decoder guided 0–0.8", decoder="ancestral/25 g=0,0.8"),
        variant("decoder guided 0–0.5", decoder="ancestral/25 g=0,0.5"),
        variant("decoder deep features every 2nd step", decoder="ancestral/25 d=2"),
        variant("decoder deep features every 3rd step", decoder="ancestral/25 d=3"),
        variant("upsampler deep features every 2nd step", super_res="ancestral/7 d=2"),
    ],
    "speeds": [speed("quality"), speed("balanced"), speed("fast")],
}
