"""Reads a Dockerfile: its stages, and what their instructions say."""

import dataclasses
import json
import re


@dataclasses.dataclass(frozen=True)
class Stage:
  """From one FROM to the next."""

  name: str
  base: str
  instructions: tuple  # pairs: ("COPY", "--from=build /rootfs/prior /")

  def all(self, instruction):
    return [words for name, words in self.instructions if name == instruction]

  def entrypoint(self):
    """The words of its only ENTRYPOINT, which must be in the form without a shell."""
    (words,) = self.all("ENTRYPOINT")
    return json.loads(words)


def read_stages(text):
  """The stages by name, in their order."""
  lines = re.sub(r"\\\n", " ", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE)).splitlines()
  stages, instructions = {}, []
  for line in filter(str.strip, lines):
    name, _, words = line.strip().partition(" ")
    if name == "FROM":
      base, stage = re.fullmatch(r"(\S+) AS (\S+)", words).groups()
      instructions = []
      stages[stage] = (base, instructions)
    elif stages:
      instructions.append((name, words))
  return {name: Stage(name, base, tuple(found)) for name, (base, found) in stages.items()}
