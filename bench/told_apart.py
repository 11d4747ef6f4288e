"""What a checkpoint's CLIP tells apart: for pictures of the shapes world, is the picture's own caption nearer than captions that differ in one thing?

usage: told_apart.py [--checkpoint DIR] [--pictures N]

DIR holds text-to-image/ and image-variation/. Prints a line for each kind of difference: the share of pictures whose own caption has the largest
cosine similarity, the number of captions it is chosen from (on average), and what chance would give. Computed by the reference implementation
(transformers), in float32.
"""

import argparse
import copy
import pathlib
import random
import sys

import numpy
import torch
from transformers import CLIPTextModelWithProjection, CLIPTokenizer, CLIPVisionModelWithProjection

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/world"))
import world  # noqa: E402

OPPOSITES = {"left of": "right of", "right of": "left of", "above": "below", "below": "above"}
VALUES = {"shape": world.SHAPES, "color": list(world.COLORS), "size": world.SIZES}


def normalized(rows):
  return rows / rows.norm(dim=-1, keepdim=True)


class Clip:
  """The two towers of a checkpoint."""

  def __init__(self, folder):
    self._tokenizer = CLIPTokenizer.from_pretrained(folder / "text-to-image/tokenizer")
    self._text = CLIPTextModelWithProjection.from_pretrained(folder / "text-to-image/text_encoder").float().eval()
    self._vision = CLIPVisionModelWithProjection.from_pretrained(folder / "image-variation/image_encoder").float().eval()

  def embed_captions(self, captions):
    length = self._text.config.max_position_embeddings
    ids = self._tokenizer(captions, padding="max_length", max_length=length, truncation=True, return_tensors="pt").input_ids
    return normalized(torch.cat([self._text(part).text_embeds for part in ids.split(500)]))

  def embed_scenes(self, scenes):
    size = self._vision.config.image_size
    pictures = torch.from_numpy(numpy.stack([world.render(scene, size) for scene in scenes])).permute(0, 3, 1, 2)  # [N, 3, S, S]
    return normalized(torch.cat([self._vision(part / 127.5 - 1).image_embeds for part in pictures.split(200)]))


def with_object(scene, place, **changes):
  changed = copy.deepcopy(scene)
  changed["objs"][place].update(changes)
  return changed


def other_values(place, attribute):
  """Scenes with any other value of an object's attribute that can be seen before the background."""
  return lambda scene: [
      with_object(scene, place, **{attribute: value}) for value in VALUES[attribute]
      if value != scene["objs"][place][attribute] and not (attribute == "color" and value == scene["bg"])
  ]


def swapped(attribute):
  def change(scene):
    first, second = (o[attribute] for o in scene["objs"])
    return [] if first == second else [with_object(with_object(scene, 0, **{attribute: second}), 1, **{attribute: first})]
  return change


def other_backgrounds(scene):
  taken = {scene["bg"]} | {o["color"] for o in scene["objs"]}
  return [dict(scene, bg=background) for background in world.BACKGROUNDS if background not in taken]


def differences(object_count):
  """What captions may differ in -> the scenes that they are of."""
  found = {"background": other_backgrounds}
  for place in range(object_count):
    for attribute in VALUES:
      found[f"{('first', 'second')[place]} {attribute}"] = other_values(place, attribute)
  if object_count == 2:
    found.update({f"{attribute}s swapped": swapped(attribute) for attribute in VALUES})
    found["opposite relation"] = lambda scene: [dict(scene, rel=OPPOSITES[scene["rel"]])]
  return found


def share_told_apart(clip, scenes, pictures, change):
  """The share of scenes that have others, and how many captions each is chosen from."""
  random_source = random.Random(0)
  groups = [[scene, *change(scene)] for scene in scenes]
  kept = [i for i, group in enumerate(groups) if len(group) > 1]
  captions = [world.caption(scene, random_source, full=True) for i in kept for scene in groups[i]]
  sizes = [len(groups[i]) for i in kept]
  owners = torch.tensor(kept).repeat_interleave(torch.tensor(sizes))
  similarities = (clip.embed_captions(captions) * pictures[owners]).sum(1).split(sizes)
  right = sum(bool((group[0] > group[1:]).all()) for group in similarities)
  return right / len(kept), sum(sizes) / len(kept)


def main():
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument("--checkpoint", type=pathlib.Path, default=ROOT / "models/shapes32")
  parser.add_argument("--pictures", type=int, default=300, help="of each number of objects")
  options = parser.parse_args()
  torch.set_grad_enabled(False)
  clip = Clip(options.checkpoint)
  random_source = random.Random(11)
  for object_count in (1, 2):
    scenes = []
    while len(scenes) < options.pictures:
      scene = world.sample_scene(random_source)
      if len(scene["objs"]) == object_count:
        scenes.append(scene)
    pictures = clip.embed_scenes(scenes)
    for name, change in differences(object_count).items():
      share, choices = share_told_apart(clip, scenes, pictures, change)
      print(f"{object_count} object{'s'[:object_count - 1]}  {name:18} {share:.3f}  of {choices:.1f} captions, by chance {1 / choices:.3f}", flush=True)


if __name__ == "__main__":
  main()
