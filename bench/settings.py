"""What a picture is drawn with."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Settings:
  """Steps and guidance scales: the reference pipeline's defaults."""

  prior_steps: int = 25
  decoder_steps: int = 25
  super_res_steps: int = 7
  prior_guidance: float = 4.0
  decoder_guidance: float = 8.0


# What the stages are called; in the order they run.
STAGES = ("embed_text", "prior", "decoder", "super_res", "encode")


@dataclasses.dataclass(frozen=True)
class Drawing:
  """A picture that was drawn."""

  # From the prompt to the file, as the one who asked sees it.
  seconds: float
  file: bytes
  # By name (STAGES), the seconds that each took.
  stages: dict[str, float]
