"""Checkpoints that cannot be loaded, given to the real binaries: each ends with one line that names the file, and the tensor."""

import json
import os
import shutil
import subprocess
import sys
import zipfile

import pytest

import safetensors_bytes
from running_cluster import BINARIES, CHECKPOINT, PATIENCE_SECONDS, VARIATION_CHECKPOINT, Server, resident_peak_bytes

# The component of each service that is broken, and its weights.
COMPONENTS = {
    "clip": ("text_encoder", "model.safetensors"),
    "prior": ("prior", "diffusion_pytorch_model.safetensors"),
    "decoder": ("super_res_last", "diffusion_pytorch_model.safetensors"),
}
EXTRA_BYTES = 96 << 20


def change_header(change):
  def break_weights(folder, weights):
    path = folder / weights
    header, body = safetensors_bytes.split(path.read_bytes())
    tensor = change(header)
    path.write_bytes(safetensors_bytes.join(header, body))
    return weights, tensor

  return break_weights


def write(make):
  def break_weights(folder, weights):
    (folder / weights).write_bytes(make((folder / weights).read_bytes()))
    return (weights,)

  return break_weights


def first(header):
  return safetensors_bytes.tensors(header)[0]


def wide(header):
  """A tensor whose shape can be turned around."""
  return next(name for name in safetensors_bytes.tensors(header) if len(header[name]["shape"]) > 1 and len(set(header[name]["shape"])) > 1)


def move(header, begin, end):
  name = safetensors_bytes.tensors(header)[1]
  old = header[name]["data_offsets"]
  header[name]["data_offsets"] = [old[0] + begin, old[1] + end]
  return name


def out_of_range(header):
  name = safetensors_bytes.tensors(header)[-1]
  begin, end = header[name]["data_offsets"]
  header[name]["data_offsets"] = [begin + (1 << 40), end + (1 << 40)]
  return name


def reversed_offsets(header):
  name = first(header)
  header[name]["data_offsets"].reverse()
  return name


def negative_offsets(header):
  name = first(header)
  header[name]["data_offsets"] = [-8, header[name]["data_offsets"][1] - 8]
  return name


def transposed(header):
  name = wide(header)
  header[name]["shape"].reverse()
  return name


def huge_shape(header):
  name = first(header)
  header[name]["shape"] = [1 << 40, 1 << 40]
  return name


def negative_shape(header):
  name = first(header)
  header[name]["shape"][0] = -header[name]["shape"][0]
  return name


def integers(header):
  name = first(header)
  header[name]["dtype"] = {"F16": "I16", "F32": "I32"}[header[name]["dtype"]]
  return name


def unknown_type(header):
  name = first(header)
  header[name]["dtype"] = "F17"
  return name


def renamed(header):
  """One is missing, and one is unexpected."""
  name = wide(header)
  header["no.such.tensor"] = header.pop(name)
  return name


def unexpected(header):
  name = "no.such.tensor"
  end = max(entry["data_offsets"][1] for key, entry in header.items() if key != "__metadata__")
  header[name] = {"dtype": "F16", "shape": [0], "data_offsets": [end, end]}
  return name


def pickled(folder, weights):
  path = folder / weights
  path.unlink()
  with zipfile.ZipFile(path, "w") as archive:
    archive.writestr("archive/data.pkl", b"\x80\x02}q\x00.")
  return (weights,)


def only_pickle(folder, weights):
  name = "pytorch_model.bin" if weights == "model.safetensors" else "diffusion_pytorch_model.bin"
  (folder / weights).rename(folder / name)
  return (name,)


def no_weights(folder, weights):
  (folder / weights).unlink()
  return (folder.name,)


def link_to_nowhere(folder, weights):
  (folder / weights).unlink()
  (folder / weights).symlink_to("nowhere")
  return (folder.name,)


def link_in_a_circle(folder, weights):
  (folder / weights).unlink()
  (folder / weights).symlink_to("other")
  (folder / "other").symlink_to(weights)
  return (folder.name,)


def component_in_a_circle(folder, _):
  shutil.rmtree(folder)
  folder.symlink_to(folder.name)
  return (folder.name,)


def no_component(folder, _):
  shutil.rmtree(folder)
  return (folder.name,)


def shard_outside(folder, weights):
  (folder / weights).rename(folder.parent / "outside.safetensors")
  header, _ = safetensors_bytes.split((folder.parent / "outside.safetensors").read_bytes())
  index = {"weight_map": {name: "../outside.safetensors" for name in safetensors_bytes.tensors(header)}}
  (folder / f"{weights}.index.json").write_text(json.dumps(index))
  return (f"{weights}.index.json",)


def edit_config(change):
  def break_config(folder, _):
    config = json.loads((folder / "config.json").read_text())
    key = change(config)
    (folder / "config.json").write_text(json.dumps(config))
    return "config.json", key

  return break_config


def write_config(text):
  def break_config(folder, _):
    (folder / "config.json").write_text(text)
    return ("config.json",)

  return break_config


def no_config(folder, _):
  (folder / "config.json").unlink()
  return ("config.json",)


def unknown_option(config):
  config["no_such_option"] = 7
  return "no_such_option"


def first_size(config):
  return next(key for key in ("hidden_size", "num_attention_heads", "norm_num_groups") if key in config)


def huge_size(config):
  key = first_size(config)
  config[key] = 10**9
  return ""


def negative_size(config):
  key = first_size(config)
  config[key] = -1
  return key


def text_size(config):
  key = first_size(config)
  config[key] = "many"
  return key


CASES = {
    "empty file": write(lambda data: b""),
    "seven bytes": write(lambda data: data[:7]),
    "truncated header": write(lambda data: data[:40]),
    "truncated data": write(lambda data: data[: len(data) // 2]),
    "one byte short": write(lambda data: data[:-1]),
    "one byte long": write(lambda data: data + b"\0"),
    "header beyond the file": write(lambda data: safetensors_bytes.join(data[8:], b"", length=len(data))),
    "header of 2^63 bytes": write(lambda data: safetensors_bytes.join(data[8:], b"", length=1 << 63)),
    "header of no bytes": write(lambda data: safetensors_bytes.join(data[8:], b"", length=0)),
    "header not JSON": write(lambda data: safetensors_bytes.join(b"{not json", b"")),
    "header a list": write(lambda data: safetensors_bytes.join(b"[1]", b"")),
    "header too deep": write(lambda data: safetensors_bytes.join(b'{"a":' * 100_000, b"")),
    "overlapping": change_header(lambda header: move(header, -2, -2)),
    "longer than its shape": change_header(lambda header: move(header, 0, 2)),
    "out of range": change_header(out_of_range),
    "reversed offsets": change_header(reversed_offsets),
    "negative offsets": change_header(negative_offsets),
    "transposed": change_header(transposed),
    "huge shape": change_header(huge_shape),
    "negative shape": change_header(negative_shape),
    "integers": change_header(integers),
    "unknown type": change_header(unknown_type),
    "missing tensor": change_header(renamed),
    "unexpected tensor": change_header(unexpected),
    "pickle": pickled,
    "only a pickle": only_pickle,
    "no weights": no_weights,
    "link to nowhere": link_to_nowhere,
    "link in a circle": link_in_a_circle,
    "component in a circle": component_in_a_circle,
    "no component": no_component,
    "shard outside the folder": shard_outside,
    "config missing": no_config,
    "config not JSON": write_config("{"),
    "config a list": write_config("[]"),
    "config too deep": write_config("[" * 100_000),
    "unknown option": edit_config(unknown_option),
    "huge size": edit_config(huge_size),
    "negative size": edit_config(negative_size),
    "size in words": edit_config(text_size),
}


# Runs a command and tells the memory it took, through the first argument, a file descriptor. A process of its own, as small as can be: what
# wait4 tells counts what the parent had resident when it forked, and the tests' own process grows.
MEASURED_RUN = """
import os, sys
pid = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(pid, 0)
os.write(int(sys.argv[1]), str(usage.ru_maxrss * 1024).encode())
sys.exit(os.waitstatus_to_exitcode(status))
"""


def run_to_the_end(service, checkpoint):
  """Exit code, stdout, stderr and greatest resident size of a server that is expected to end by itself."""
  command = [BINARIES[service], f"--checkpoint={checkpoint}", "--threads=1", "--log_level=error", "--exit_with_parent"]
  read_end, write_end = os.pipe()
  with open(read_end, encoding="ascii") as peak:
    measured = [sys.executable, "-SE", "-c", MEASURED_RUN, str(write_end), *map(str, command)]
    try:
      result = subprocess.run(measured, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False, pass_fds=[write_end])
    finally:
      os.close(write_end)
    return result.returncode, result.stdout, result.stderr, int(peak.read())


@pytest.fixture(scope="module", name="peak_bytes")
def fixture_peak_bytes():
  """What each service needs for the whole checkpoint."""
  peaks = {}
  for service in COMPONENTS:
    with Server(service, f"--checkpoint={CHECKPOINT}", "--threads=1") as server:
      server.wait_until_serving()
      peaks[service] = resident_peak_bytes(server.pid)
      assert server.stop() == 0
  return peaks


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("service", COMPONENTS)
def test_a_broken_checkpoint_ends_the_process_with_one_line(tmp_path, peak_bytes, service, case):
  checkpoint = tmp_path / "checkpoint"
  shutil.copytree(CHECKPOINT, checkpoint)
  component, weights = COMPONENTS[service]
  named = CASES[case](checkpoint / component, weights)
  exit_code, output, errors, peak = run_to_the_end(service, checkpoint)
  assert exit_code == 1, errors
  assert "serving" not in output.split()
  assert errors.startswith("error: ") and errors.count("\n") == 1, errors
  assert component in errors
  for name in named:
    assert name in errors
  assert peak < peak_bytes[service] + EXTRA_BYTES


@pytest.mark.parametrize(
    "break_index, named",
    [
        (lambda path: path.unlink(), "model_index.json"),
        (lambda path: path.write_text("{"), "model_index.json"),
        (lambda path: path.write_text("[]"), "model_index.json"),
        (lambda path: path.write_text("{}"), "model_index.json"),
    ],
)
@pytest.mark.parametrize("service", COMPONENTS)
def test_a_broken_index_is_named(tmp_path, service, break_index, named):
  checkpoint = tmp_path / "checkpoint"
  shutil.copytree(CHECKPOINT, checkpoint)
  break_index(checkpoint / "model_index.json")
  exit_code, _, errors, _ = run_to_the_end(service, checkpoint)
  assert exit_code == 1
  assert errors.startswith("error: ") and errors.count("\n") == 1
  assert named in errors


@pytest.mark.parametrize("service", COMPONENTS)
def test_a_checkpoint_that_is_not_there_is_named(tmp_path, service):
  exit_code, _, errors, _ = run_to_the_end(service, tmp_path / "nowhere")
  assert exit_code == 1
  assert str(tmp_path / "nowhere") in errors and errors.count("\n") == 1


@pytest.mark.parametrize("case", ["truncated data", "transposed", "missing tensor", "link in a circle", "no component"])
def test_a_broken_variation_checkpoint_ends_clip(tmp_path, case):
  checkpoint = tmp_path / "variation"
  shutil.copytree(VARIATION_CHECKPOINT, checkpoint)
  named = CASES[case](checkpoint / "image_encoder", "model.safetensors")
  command = [BINARIES["clip"], f"--checkpoint={CHECKPOINT}", f"--variation_checkpoint={checkpoint}", "--log_level=error"]
  result = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
  assert result.returncode == 1
  assert result.stderr.startswith("error: ") and result.stderr.count("\n") == 1
  for name in ("image_encoder", *named):
    assert name in result.stderr


def test_up_shows_the_line_and_stops_everything(tmp_path):
  checkpoint = tmp_path / "checkpoint"
  shutil.copytree(CHECKPOINT, checkpoint)
  (checkpoint / "prior" / "diffusion_pytorch_model.safetensors").write_bytes(b"")
  command = [BINARIES["clip"].parents[2] / "tools/unclip", "up", "--listen=127.0.0.1:0", "--http-listen=127.0.0.1:0", "--threads=1", f"--checkpoint={checkpoint}"]
  with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
    errors = process.stderr.read()
    assert process.wait(timeout=PATIENCE_SECONDS) == 1
    assert process.stdout.read() == ""
  last = errors.splitlines()[-1]
  assert last.startswith("error: prior ended while starting") and "diffusion_pytorch_model.safetensors" in last
