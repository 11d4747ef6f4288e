"""The `unclip` command as a user calls it."""

import io
import json
import os
import signal
import subprocess

import pytest
from PIL import Image

from running_cluster import PATIENCE_SECONDS, UNCLIP, children, is_alive, wait_until

SMALL = ["--seed=7", "--prior-steps=3", "--decoder-steps=3", "--super-res-steps=2"]
PROMPT = "a large red heart on a white background"


def run(*args, **kwargs):
  return subprocess.run([UNCLIP, *args], capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False, **kwargs)


@pytest.mark.parametrize("args", [["--help"], ["help"], ["-h"]])
def test_help_lists_every_command(args):
  result = run(*args)
  assert result.returncode == 0
  for command in ("generate", "up", "demo", "simulate", "tokenize", "inspect", "random-checkpoint", "replay", "train"):
    assert f"\n  {command} " in result.stdout
  assert result.stderr == ""


@pytest.mark.parametrize("command", ["generate", "up", "demo", "simulate", "tokenize", "inspect", "random-checkpoint", "replay", "train"])
def test_each_command_explains_itself(command):
  texts = [run(*args) for args in ([command, "--help"], ["help", command])]
  assert [text.returncode for text in texts] == [0, 0]
  assert texts[0].stdout == texts[1].stdout != ""


def test_version_is_one_line():
  result = run("--version")
  assert result.returncode == 0
  assert result.stdout.startswith("unclip ") and result.stdout.count("\n") == 1


@pytest.mark.parametrize(
    "args, named",
    [
        ([], "--help"),
        (["paint"], "generate"),
        (["generate", "--out=a.png"], "PROMPT"),
        (["generate"], "--out"),
        (["generate", PROMPT], "--out"),
        (["generate", PROMPT, "--out=a.png", "--cuont=2"], "--cuont"),
        (["generate", PROMPT, "--out=a.png", "--count=two"], "--count"),
        (["generate", PROMPT, "--out=a.bmp"], "a.bmp"),
        (["generate", PROMPT, "--out=a.png", "--size=big"], "--size"),
        (["generate", PROMPT, "--out=a.png", "--variation-of=b.png"], "--variation-of"),
        (["generate", PROMPT, "--out=a.png", "--mask=b.png"], "--edit"),
        (["up", "--prior-replicas=0"], "--prior-replicas"),
        (["up", "--listen=here"], "--listen"),
        (["demo"], "PROMPT"),
    ],
)
def test_a_wrong_call_says_what_is_allowed_and_exits_2(args, named):
  result = run(*args)
  assert result.returncode == 2
  assert result.stdout == ""
  assert result.stderr.startswith("error: ") and result.stderr.count("\n") == 1
  assert named in result.stderr


def test_generate_writes_the_pictures_and_one_json_object(cluster, tmp_path):
  out = tmp_path / "heart.png"
  result = run("generate", PROMPT, f"--target={cluster.target}", f"--out={out}", "--count=2", "--candidates=3", "--json", *SMALL)
  assert result.returncode == 0, result.stderr
  report = json.loads(result.stdout)
  assert result.stdout.count("\n") == 1
  assert sorted(path.name for path in tmp_path.iterdir()) == ["heart-0.png", "heart-1.png"]
  response = cluster.generate(image_count=2, candidate_count=3)
  assert report["request_id"] and report["warnings"] == []
  for index, (entry, picture) in enumerate(zip(report["images"], response.images, strict=True)):
    data = (tmp_path / f"heart-{index}.png").read_bytes()
    assert data == picture.image.data
    assert Image.open(io.BytesIO(data)).size == (entry["width"], entry["height"]) == (128, 128)
    assert entry["file"] == str(tmp_path / f"heart-{index}.png")
    assert entry["seed"] == 7 + index
    assert len(entry["candidate_similarities"]) == 3
    assert entry["similarity"] == max(entry["candidate_similarities"]) == entry["candidate_similarities"][entry["candidate_index"]]
    assert entry["resized_from"] is None
    assert set(entry["timings_seconds"]) >= {"embed_text", "prior", "decoder", "super_res"}
    assert all(seconds >= 0 for seconds in entry["timings_seconds"].values())
    assert 0 <= entry["queue_seconds"] and sum(entry["timings_seconds"].values()) <= entry["total_seconds"] + 0.1
  assert "prior, 3 steps" in result.stderr


def test_generate_varies_and_edits_pictures(cluster, tmp_path):
  heart, other, mask, edited = (tmp_path / name for name in ("heart.png", "other.png", "mask.png", "edited.png"))
  heart.write_bytes(cluster.picture())
  common = [f"--target={cluster.target}", "--json", "--quiet", *SMALL]
  result = run("generate", "--variation-of", heart, f"--out={other}", *common)
  assert result.returncode == 0, result.stderr
  entry = json.loads(result.stdout)["images"][0]
  assert entry["similarity"] is None and "embed_image" in entry["timings_seconds"]
  assert other.read_bytes() != heart.read_bytes()

  Image.merge("RGBA", [*Image.new("RGB", (128, 128)).split(), Image.linear_gradient("L").resize((128, 128)).point(lambda a: 255 * (a > 99))]).save(mask)
  result = run("generate", PROMPT, "--edit", heart, "--mask", mask, "--resample-count=1", f"--out={edited}", *common)
  assert result.returncode == 0, result.stderr
  lower = (0, 64, 128, 128)
  assert Image.open(edited).crop(lower).tobytes() == Image.open(heart).crop(lower).tobytes()
  assert Image.open(edited).tobytes() != Image.open(heart).tobytes()


@pytest.mark.parametrize("suffix, kind", [("png", "PNG"), ("jpg", "JPEG"), ("webp", "WEBP")])
def test_generate_takes_format_and_size(cluster, tmp_path, suffix, kind):
  out = tmp_path / f"a.{suffix}"
  result = run("generate", PROMPT, f"--target={cluster.target}", f"--out={out}", "--size=64", "--json", "--quiet", *SMALL)
  assert result.returncode == 0, result.stderr
  assert result.stderr == ""
  report = json.loads(result.stdout)
  picture = Image.open(out)
  assert (picture.format, picture.size) == (kind, (64, 64))
  assert report["images"][0]["resized_from"] == {"width": 128, "height": 128}
  assert [warning["code"] for warning in report["warnings"]] == ["IMAGE_RESIZED"]


def test_generate_prints_text_for_people(cluster, tmp_path):
  environment = os.environ | {"UNCLIP_TARGET": cluster.target}
  result = run("generate", PROMPT, f"--out={tmp_path / 'a.png'}", *SMALL, env=environment)
  assert result.returncode == 0, result.stderr
  for words in (str(tmp_path / "a.png"), "seed 7", "similarity", "prior", "decoder", "super_res", "total"):
    assert words in result.stdout


def test_generate_saves_previews(cluster, tmp_path):
  result = run(
      "generate", PROMPT, f"--target={cluster.target}", f"--out={tmp_path / 'a.png'}", "--previews=2", f"--preview-dir={tmp_path / 'p'}",
      "--seed=7", "--prior-steps=2", "--decoder-steps=8", "--super-res-steps=2",
  )  # fmt: skip
  assert result.returncode == 0, result.stderr
  previews = sorted((tmp_path / "p").iterdir())
  # A preview may give way to a later one when the client is slow, so there is no number to expect.
  assert previews
  for preview in previews:
    assert Image.open(preview).size in ((32, 32), (128, 128))


def test_the_gateways_refusal_is_one_line_and_leaves_no_file(cluster, tmp_path):
  result = run("generate", PROMPT, f"--target={cluster.target}", f"--out={tmp_path / 'a.png'}", "--count=11")
  assert result.returncode == 1
  assert result.stdout == ""
  assert result.stderr.startswith("error: INVALID_ARGUMENT: ") and result.stderr.count("\n") == 1
  assert "image_count" in result.stderr and "11" in result.stderr
  assert not list(tmp_path.iterdir())


def test_nobody_at_the_target_is_unavailable(tmp_path):
  result = run("generate", PROMPT, "--target=127.0.0.1:1", f"--out={tmp_path / 'a.png'}")
  assert result.returncode == 1
  assert result.stderr.startswith("error: UNAVAILABLE: ") and "127.0.0.1:1" in result.stderr


def test_ctrl_c_cancels_the_request_and_leaves_no_file(cluster, tmp_path):
  before = cluster.metrics("decoder").value("unclip_decoder_steps_total", stage="decoder")
  command = [UNCLIP, "generate", PROMPT, f"--target={cluster.target}", f"--out={tmp_path / 'a.png'}", "--decoder-steps=1000"]
  with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
    wait_until(lambda: cluster.metrics("decoder").value("unclip_decoder_steps_total", stage="decoder") > before, "the decoder works")
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=PATIENCE_SECONDS) == 130
    assert process.stdout.read() == b""
  assert not list(tmp_path.iterdir())
  for service in ("gateway", "decoder"):
    wait_until(lambda s=service: cluster.metrics(s).value(f"unclip_{s}_in_flight") == 0, f"{service} is idle")


def test_demo_draws_a_picture_and_leaves_nothing_running(tmp_path):
  out = tmp_path / "new" / "demo.png"
  result = run("demo", PROMPT, f"--out={out}", "--threads=1", *SMALL)
  assert result.returncode == 0, result.stderr
  assert Image.open(out).size == (128, 128)
  for words in (str(out), "prior", "decoder", "super_res", "total"):
    assert words in result.stdout
  for words in ("clip", "prior", "decoder", "gateway"):
    assert f"{words:<10} serving on" in result.stderr


def test_ctrl_c_ends_a_demo(tmp_path):
  command = [UNCLIP, "demo", PROMPT, f"--out={tmp_path / 'a.png'}", "--threads=1", "--decoder-steps=1000"]
  with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
    for line in process.stderr:
      if "decoder, 1000 steps" in line:
        break
    pids = children(process.pid)
    assert len(pids) == 4
    process.send_signal(signal.SIGINT)
    process.stderr.read()
    assert process.wait(timeout=PATIENCE_SECONDS) == 130
  assert not list(tmp_path.iterdir())
  wait_until(lambda: not any(is_alive(pid) for pid in pids), "no process is left over")


def test_tokenize_answers_line_by_line():
  tokenizer = UNCLIP.parents[2] / "models/shapes32/text-to-image/tokenizer"
  result = run("tokenize", f"--tokenizer={tokenizer}", input='"a red heart"\n""\n')
  assert result.returncode == 0, result.stderr
  first, second = [json.loads(line) for line in result.stdout.splitlines()]
  assert len(first) == 5 and len(second) == 2
  assert (first[0], first[-1]) == (second[0], second[-1])


def test_inspect_finds_the_default_model_whole():
  result = run("inspect", str(UNCLIP.parents[2] / "models/shapes32/text-to-image"))
  assert result.returncode == 0, result.stderr
  for component in ("text_encoder", "prior", "decoder", "super_res_first", "super_res_last"):
    assert component in result.stdout
