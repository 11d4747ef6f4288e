"""Finds text that must not be committed: paths of one machine, and hosts of package registries."""

import re

from check import source_files

# Places of a developer's machine, where the project may not rely on anything, and hosts that mirrors stand in for. A path counts
# at the start of a word only: `common/home/x` is none. Split, so that this file does not match.
FORBIDDEN = {
    "a path of one machine": re.compile(r"(?<![\w./$}-])/(?:wor" r"k|ho" r"me|roo" r"t|Use" r"rs)/[\w.]"),
    "a path in the folder for temporary files": re.compile(r"(?<![\w./$}-])/(?:var/)?tm" r"p/[\w.]"),
    "the host of a package registry": re.compile(
        r"\b(?:pypi\.or" r"g|files\.pythonhosted\.or" r"g|registry\.npmjs\.or" r"g|deb\.debian\.or" r"g|download\.pytorch\.or" r"g)"
    ),
}
# Nobody's prose or settings: weights, pictures, and word lists of a tokenizer.
BINARY_SUFFIXES = (".safetensors", ".png", ".jpg", ".webp", ".ico", "merges.txt", "vocab.json")


def complaints(name, text):
  """What is wrong with the text of the file `name`, a line each."""
  found = []
  for number, line in enumerate(text.splitlines(), start=1):
    for what, pattern in FORBIDDEN.items():
      match = pattern.search(line)
      if match:
        found.append(f"{name}:{number}: {what}: {match.group()}")
  return found


def run():
  """Returns (whether all is well, what to say)."""
  found = []
  names = [name for name in source_files.ours() if not name.endswith(BINARY_SUFFIXES)]
  for name in names:
    try:
      text = (source_files.ROOT / name).read_text(encoding="utf-8")
    except UnicodeDecodeError:
      continue
    found += complaints(name, text)
  return not found, "\n".join([*found, f"{len(names)} files, {len(found)} complaints"])
