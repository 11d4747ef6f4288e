"""Tests of plans."""

import argparse
import json
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import plans  # pylint: disable=wrong-import-position
from settings import Settings  # pylint: disable=wrong-import-position


def read(*arguments):
  parser = argparse.ArgumentParser(exit_on_error=False)
  plans.add_options(parser)
  return plans.make_plans(parser.parse_args(arguments))


def test_shapes32_alone_is_the_default():
  (plan,) = read()
  assert (plan.model, plan.settings, plan.together) == ("shapes32", Settings(), True)
  assert plan.checkpoint == plans.SHAPES32


def test_karlo_has_options_of_its_own():
  shapes32, karlo = read("--models=shapes32,karlo", "--rounds=9", "--karlo-steps=4,3,2", "--karlo-candidates=1,2", "--karlo-dir=somewhere")
  assert (shapes32.rounds, shapes32.settings) == (9, Settings())
  assert (karlo.rounds, karlo.candidates, karlo.together) == (1, (1, 2), False)
  assert karlo.settings == Settings(prior_steps=4, decoder_steps=3, super_res_steps=2)
  assert karlo.checkpoint == pathlib.Path("somewhere").resolve()


@pytest.mark.parametrize(
    "argument", ["--models=dalle", "--threads=0", "--threads=a", "--steps=25,25", "--steps=25,25,1", "--dtype=float32,float64", "--candidates="]
)
def test_wrong_value_is_refused(argument):
  with pytest.raises(argparse.ArgumentError):
    read(argument)


@pytest.mark.parametrize(
    "arguments, label, stem",
    [
        (("shapes32", "float32", 1), "threads=1", "comparison-1"),
        (("shapes32", "bfloat16", 2), "bfloat16 threads=2", "comparison-bfloat16-2"),
        (("karlo", "float32", 2), "karlo threads=2", "comparison-karlo-2"),
        (("karlo", "bfloat16", 2), "karlo bfloat16 threads=2", "comparison-karlo-bfloat16-2"),
    ],
)
def test_sections_and_files_are_named_by_what_is_not_the_default(arguments, label, stem):
  assert plans.label(*arguments) == label
  assert plans.file_stem(*arguments) == stem


def write_checkpoint(folder):
  """What make_karlo reads of one, with a tokenizer of another length."""
  files = {
      "model_index.json": {},
      "text_encoder/config.json": {"max_position_embeddings": 77},
      "tokenizer/tokenizer_config.json": {"pad_token": "!", "model_max_length": 24},
  }
  for name, content in files.items():
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(content))


def test_karlo_is_made_once_and_whole(tmp_path, monkeypatch):
  commands = []

  def make(command, **_):
    commands.append(command)
    out = pathlib.Path(next(word for word in command if str(word).startswith("--out=")).removeprefix("--out="))
    write_checkpoint(out)

  monkeypatch.setattr(plans.subprocess, "run", make)
  plans.make_karlo(tmp_path / "cache/karlo")
  plans.make_karlo(tmp_path / "cache/karlo")
  assert len(commands) == 1
  assert json.loads((tmp_path / "cache/karlo/tokenizer/tokenizer_config.json").read_text()) == {"pad_token": "!", "model_max_length": 77}


def test_half_a_karlo_is_made_anew(tmp_path, monkeypatch):
  def fail(command, **_):
    del command
    (tmp_path / "karlo.partial").mkdir()
    raise KeyboardInterrupt

  monkeypatch.setattr(plans.subprocess, "run", fail)
  for _ in range(2):
    with pytest.raises(KeyboardInterrupt):
      plans.make_karlo(tmp_path / "karlo")
  assert not (tmp_path / "karlo").exists()
