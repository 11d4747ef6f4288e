"""`unclip train` as a user calls it: small networks of every stage, trained for a few steps, then served and read by diffusers."""

import csv
import json
import os
import signal
import socket
import subprocess
import sys
import tarfile

import pytest
import transformers
from PIL import Image

from proto_modules import ROOT
from running_cluster import PATIENCE_SECONDS, UNCLIP, Cluster
from tiny_recipe import UPSAMPLERS, TinyRecipe

LIBTORCH_PYTHON = ROOT / ".deps/python"
RUNS = ["clip", "prior", "autoregressive-prior", "decoder"] + [f"{prefix}_first" for prefix in UPSAMPLERS]


def stage_of(run):
  return "upsampler" if run.startswith("super_res") else run


def command(run, config, out, *more):
  return [UNCLIP, "train", stage_of(run), f"--config={config}", f"--out={out}", "--threads=1", *more]


def train(run, config, out, *more):
  return subprocess.run(command(run, config, out, *more), capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
  return TinyRecipe(tmp_path_factory.mktemp("recipe"))


@pytest.fixture(scope="module")
def trained(recipe, tmp_path_factory):
  """A checkpoint of which every stage was trained for a few steps."""
  out = tmp_path_factory.mktemp("trained")
  for run in RUNS:
    result = train(run, recipe.config(run), out)
    assert result.returncode == 0, result.stderr
    assert "step 4 of 4" in result.stderr, run
    assert "validation at step 4" in result.stderr, run
  return out


def test_every_stage_leaves_its_weights_a_table_and_samples(trained):
  for run in RUNS:
    table = (trained / "training" / run / "log.csv").read_text().splitlines()
    assert table[0].startswith("step,pictures_per_second,loss,gradient_norm,learning_rate")
    assert [row.split(",")[0] for row in table[1:]][-1] == "4"
  for run in ("decoder", "super_res_first", "super_res_2_first"):
    with Image.open(trained / "training" / run / "samples-000004.png") as grid:
      assert grid.width > 0
  assert (trained / "image-variation/image_encoder/model.safetensors").exists()
  # The networks of the last steps are links in the template, and stay so.
  assert os.readlink(trained / "text-to-image/super_res_last") == "super_res_first"


def test_what_was_trained_can_be_served(trained, tmp_path):
  with Cluster(f"--checkpoint={trained}/text-to-image", f"--variation-checkpoint={trained}/image-variation", "--threads=1") as cluster:
    picture = tmp_path / "picture.png"
    result = subprocess.run(
        [UNCLIP, "generate", "a red circle", f"--target={cluster.target}", "--decoder-steps=2", "--prior-steps=2", f"--out={picture}"],
        capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)  # fmt: skip
    assert result.returncode == 0, result.stderr
    with Image.open(picture) as image:
      assert image.size == (128, 128)


def test_the_autoregressive_prior_can_be_served(trained, tmp_path):
  with Cluster(f"--checkpoint={trained}/text-to-image", "--prior=autoregressive", "--threads=1") as cluster:

    def generate(name, *more):
      words = [UNCLIP, "generate", "a red circle", f"--target={cluster.target}", "--decoder-steps=2", "--seed=3", f"--out={tmp_path / name}", *more]
      return subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)

    for name in ("first.png", "again.png"):
      result = generate(name, "--speed=fast")
      assert result.returncode == 0, result.stderr
    assert (tmp_path / "first.png").read_bytes() == (tmp_path / "again.png").read_bytes()
    refused = generate("refused.png", "--prior-steps=5")
    assert refused.returncode != 0
    assert "prior_step_count is 5; it must be 6 to 6" in refused.stderr


DIFFUSERS = """
import sys, torch, diffusers
pipeline = diffusers.UnCLIPPipeline.from_pretrained(sys.argv[1])
picture = pipeline("a red circle", prior_num_inference_steps=2, decoder_num_inference_steps=2, super_res_num_inference_steps=2,
                   generator=torch.manual_seed(0), output_type="np").images
variation = diffusers.UnCLIPImageVariationPipeline.from_pretrained(sys.argv[2])
print(picture.shape, bool((picture == picture).all()), type(variation).__name__)
"""


@pytest.mark.skipif(not LIBTORCH_PYTHON.exists(), reason="PyTorch is not here: LIBTORCH names another")
def test_diffusers_reads_what_was_trained(trained):
  environment = {**os.environ, "PYTHONPATH": str(LIBTORCH_PYTHON), "HF_HUB_OFFLINE": "1"}
  result = subprocess.run([sys.executable, "-c", DIFFUSERS, trained / "text-to-image", trained / "image-variation"],
                          capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False, env=environment)  # fmt: skip
  assert result.returncode == 0, result.stderr
  assert result.stdout.strip().endswith("(1, 64, 64, 3) True UnCLIPImageVariationPipeline")


def test_a_stopped_run_saves_and_is_taken_up(recipe, trained, tmp_path):
  config = recipe.config("super_res_first", steps=100000)
  with subprocess.Popen(command("super_res_first", config, tmp_path), stderr=subprocess.PIPE, text=True) as process:
    assert "begins with random weights" in process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    said = process.communicate(timeout=PATIENCE_SECONDS)[1]
  assert process.returncode == 130, said
  assert "the same command takes it up again" in said
  assert (tmp_path / "training/super_res_first/state.safetensors").exists()
  assert (tmp_path / "text-to-image/super_res_first/diffusion_pytorch_model.safetensors").exists()
  stopped_at = int(said.split("stopped at step ")[1].split(";")[0])
  result = train("super_res_first", config, tmp_path, f"--steps={stopped_at + 2}")
  assert result.returncode == 0, result.stderr
  assert f"taken up at step {stopped_at} of {stopped_at + 2}" in result.stderr


@pytest.fixture
def pictures(tmp_path):
  """A folder of captioned pictures, one of which is none."""
  folder = tmp_path / "pictures"
  folder.mkdir()
  for index, color in enumerate(["red", "green", "blue", "white", "black", "yellow"]):
    Image.new("RGB", (40 + index, 30), color).save(folder / f"{index}.png")
    (folder / f"{index}.txt").write_text(f"something {color}\n")
  (folder / "9-broken.jpg").write_bytes(b"\xff\xd8\xffthis is no picture")
  return folder


def test_a_folder_of_pictures_is_trained_on_and_bad_files_are_named(recipe, pictures, tmp_path):
  config = recipe.config("clip", data={"kind": "folder", "path": str(pictures), "held_out": 2}, steps=6)
  result = train("clip", config, tmp_path / "out")
  assert result.returncode == 0, result.stderr
  assert "bad examples" in result.stderr
  assert "9-broken.jpg" in result.stderr


def test_a_tokenizer_is_made_of_the_users_own_captions(pictures, tmp_path):
  recipe = TinyRecipe(tmp_path)
  arguments = ["--captions", pictures, "--template", recipe.folder / "template", "--vocabulary", "600", "--length", "16"]
  result = subprocess.run([UNCLIP, "make-tokenizer", *arguments], capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
  assert result.returncode == 0, result.stderr
  tokenizer = recipe.folder / "template/text-to-image/tokenizer"
  texts = ["A red circle!", "größer 😀 than 12 photos,  isn't it", "", "one " * 40]
  ours = subprocess.run([UNCLIP, "tokenize", "--tokenizer", tokenizer], input="\n".join(map(json.dumps, texts)), capture_output=True,
                        text=True, timeout=PATIENCE_SECONDS, check=True)  # fmt: skip
  theirs = transformers.CLIPTokenizerFast.from_pretrained(tokenizer)(texts, truncation=True).input_ids
  assert [json.loads(line) for line in ours.stdout.splitlines()] == theirs
  config = recipe.config("clip", data={"kind": "folder", "path": str(pictures), "held_out": 2})
  result = train("clip", config, tmp_path / "out")
  assert result.returncode == 0, result.stderr


def test_tar_files_are_trained_on(recipe, pictures, tmp_path):
  (pictures / "9-broken.jpg").unlink()
  with tarfile.open(tmp_path / "shard-000.tar", "w") as tar:
    for path in sorted(pictures.iterdir()):
      tar.add(path, arcname=path.name)
  config = recipe.config("clip", data={"kind": "tar", "path": str(tmp_path / "shard-{000..000}.tar"), "held_out": 2})
  result = train("clip", config, tmp_path / "out")
  assert result.returncode == 0, result.stderr
  assert "step 4 of 4" in result.stderr


def test_two_processes_share_a_run_and_stop_together(recipe, tmp_path):
  with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    leader = f"127.0.0.1:{probe.getsockname()[1]}"
  config = recipe.config("super_res_first", steps=100000)
  processes = [
      subprocess.Popen(
          command("super_res_first", config, tmp_path, "--processes=2", f"--process={rank}", f"--leader={leader}", "--log-seconds=0"),
          stderr=subprocess.PIPE, text=True)  # fmt: skip
      for rank in (0, 1)
  ]
  said = ""
  while "step 3 of" not in said:
    line = processes[1].stderr.readline()
    assert line, f"process 1 ended: {said}"
    said += line
  processes[1].send_signal(signal.SIGTERM)
  ends = [process.communicate(timeout=PATIENCE_SECONDS)[1] for process in processes]
  assert [process.returncode for process in processes] == [130, 130], ends
  stopped = {end.split("stopped at step ")[1].split(";")[0] for end in ends}
  assert len(stopped) == 1, "both stop at one step"
  # Each had the same gradients, though their losses, of batches of their own, differ.
  tables = [list(csv.DictReader(open(tmp_path / "training/super_res_first" / name))) for name in ("log.csv", "log-1.csv")]
  norms = [{row["step"]: row["gradient_norm"] for row in table} for table in tables]
  common = set(norms[0]) & set(norms[1])
  assert len(common) >= 2
  assert all(norms[0][step] == norms[1][step] for step in common)
  assert any(a["loss"] != b["loss"] for a, b in zip(*tables, strict=False))


BAD_CONFIGS = [
    ({"steps": 0}, 'option "steps" = 0'),
    ({"batch_size": 0}, 'option "batch_size" = 0'),
    ({"learning_rate": -1}, 'option "learning_rate" = -1'),
    ({"precision": "float8"}, 'option "precision" = "float8"'),
    ({"data": {"kind": "video"}}, 'option "data.kind" = "video"'),
    ({"data": {"kind": "folder", "path": "nowhere"}}, "nowhere"),
    ({"data": {"kind": "tar", "path": "nowhere.tar"}}, "nowhere.tar"),
    ({"batchsize": 4}, '"batchsize"'),
    ({"template": "nothing"}, "nothing"),
    ({"window_size": 128}, 'option "window_size" = 128'),
    ({"data": {"kind": "shapes", "path": "x"}}, '"data.path"'),
]


@pytest.mark.parametrize(("change", "named"), BAD_CONFIGS, ids=[json.dumps(change) for change, _ in BAD_CONFIGS])
def test_a_bad_config_is_refused_by_name(recipe, tmp_path, change, named):
  result = train("clip", recipe.config("clip", **change), tmp_path)
  assert result.returncode == 1, result.stderr
  assert result.stderr.startswith("error: ")
  assert result.stderr.count("\n") == 1
  assert named in result.stderr


@pytest.mark.parametrize("args", [[], ["painting"], ["clip"], ["clip", "--config=x"], ["clip", "--out=x"]])
def test_bad_arguments_are_usage_errors(args):
  result = subprocess.run([UNCLIP, "train", *args], capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
  assert result.returncode == 2, result.stderr


def test_the_prior_needs_a_trained_clip_first(recipe, tmp_path):
  result = train("prior", recipe.config("prior"), tmp_path)
  assert result.returncode == 1
  assert "text_encoder" in result.stderr
