"""The sums of scene_shares.py, without a cluster."""

import math
import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
# pylint: disable=wrong-import-position  # its folder is known only now
import scene_shares  # noqa: E402
import world  # noqa: E402  tests/world/world.py, whose folder scene_shares adds


def drawing(**score):
  return scene_shares.Drawing("", 0, b"", 0.0, [], 0, score)


def test_a_share_counts_only_pictures_that_its_key_applies_to():
  shares = scene_shares.shares([drawing(count=True, all=True, relation=False), drawing(count=False, all=False), drawing(count=True, all=True)])
  assert (shares["count"].mean, shares["count"].count) == (2 / 3, 3)
  assert (shares["relation"].mean, shares["relation"].count) == (0, 1)
  assert math.isnan(shares["relation"].error)
  assert shares["all"].error == math.sqrt((1 / 3) / 3)
  assert "size" not in shares


def test_the_judge_knows_right_from_wrong():
  random_numbers = random.Random(3)
  right, wrong = [], []
  for _ in range(100):
    scene = world.sample_scene(random_numbers)
    if len(scene["objs"]) == 2 and scene["objs"][0]["shape"] == scene["objs"][1]["shape"]:
      continue
    picture = world.render(scene, 128)
    right.append(scene_shares.judge.score(picture, scene)["all"])
    wrong.append(scene_shares.judge.score(255 - picture, scene)["all"])
  assert sum(right) / len(right) > 0.95
  assert sum(wrong) == 0


def test_every_prompt_has_a_scene():
  entries = scene_shares.load_prompts()
  assert len(entries) == 200
  for entry in entries:
    assert entry["prompt"] and 1 <= len(entry["scene"]["objs"]) <= 2
