"""The manifests of deploy/kubernetes: rendered by kustomize, held to Kubernetes' schemas, to rules, and to the code."""

import hashlib
import subprocess

import cluster_policies
import code_facts
import kubernetes_validate
import manifests
import pod_policies
import pytest
import resource_schemas
from make_rootfs import BINARIES, ROOT

OVERLAYS = ("local", "cpu", "gpu")
RULES = (*pod_policies.ALL, *cluster_policies.ALL)


def complaints(rendered):
  return [found for rule in RULES for found in rule(rendered)]


@pytest.fixture(scope="module", params=[*OVERLAYS, *manifests.CHOICES])
def rendered(request, tmp_path_factory):
  """Each overlay as it is, and what may be added to them, added to one."""
  if request.param in OVERLAYS:
    return manifests.render(f"overlays/{request.param}")
  return manifests.render_with("cpu", manifests.CHOICES[request.param], tmp_path_factory.mktemp(request.param))


@pytest.mark.parametrize("version", resource_schemas.VERSIONS)
def test_every_resource_is_valid(rendered, version):
  found = [complaint for document in rendered.documents for complaint in resource_schemas.complaints(document, version)]
  assert found == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_rules_hold(rendered, rule):
  assert list(rule(rendered)) == []


def test_every_folder_is_in_something_that_is_rendered():
  # The base alone serves nothing: it has no checkpoint.
  found = {path.name for folder in ("overlays", "components") for path in (manifests.KUBERNETES / folder).iterdir()}
  assert found == {*OVERLAYS, *manifests.CHOICES, "karlo", "gpu", "monitoring"}


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("process", manifests.PROCESSES)
def test_the_binary_takes_the_flags(overlay, process, tmp_path):
  rendered = manifests.render(f"overlays/{overlay}")
  for name, text in rendered.flag_files(process):
    (tmp_path / name).write_text(text)
  arguments = [argument.replace("/etc/unclip", str(tmp_path)).replace("$(CPU_THREADS)", "1") for argument in rendered.server(process)["args"]]
  # On the address of nobody (TEST-NET-1) it ends as soon as it has read its flags, with another code than for flags that are wrong.
  arguments += ["--listen=192.0.2.1:1", "--metrics_listen=127.0.0.1:0"]
  result = subprocess.run([BINARIES[process], *arguments], check=False, capture_output=True, text=True, timeout=60)
  assert result.returncode == 1 and "cannot listen on 192.0.2.1:1" in result.stderr


def test_an_overlays_flags_win(tmp_path):
  (tmp_path / "base.flags").write_text("# one a line\n--grace=25h\n")
  (tmp_path / "overlay.flags").write_text("--grace=1s\n")
  for names, code in ((("base", "overlay"), 1), (("overlay", "base"), 2)):
    files = ",".join(str(tmp_path / f"{name}.flags") for name in names)
    command = [BINARIES["prior"], f"--flagfile={files}", "--checkpoint=none", "--listen=192.0.2.1:1"]
    assert subprocess.run(command, check=False, capture_output=True, timeout=60).returncode == code


def test_the_local_digests_are_those_of_the_model_that_ships():
  folder = ROOT / "models/shapes32"
  digests = dict(reversed(line.split("  ")) for line in (manifests.KUBERNETES / "overlays/local/SHA256SUMS").read_text().splitlines())
  files = {f"{part}/{path.relative_to(folder / part)}": path for part in ("text-to-image", "image-variation") for path in _files(folder / part)}
  assert digests == {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}


def _files(folder):
  """All files below, through links as well."""
  for path in folder.iterdir():
    if path.is_dir():
      yield from _files(path)
    else:
      yield path


@pytest.mark.parametrize("folder", ["base", "overlays/cpu"])
def test_a_checkpoint_without_digests_is_refused(folder, tmp_path):
  rendered = manifests.render(folder)
  check = rendered.pod("prior")["initContainers"][0]
  (tmp_path / "SHA256SUMS").write_text(rendered.find("ConfigMap", rendered.volume("prior", "digests")["configMap"]["name"])["data"]["SHA256SUMS"])
  command = [word.replace("/etc/checkpoint", str(tmp_path)) for word in check["command"]]
  assert subprocess.run(command, check=False, capture_output=True, cwd=tmp_path).returncode != 0


def test_kedas_numbers_are_the_autoscalers(tmp_path):
  with_keda = manifests.render_with("cpu", ["keda"], tmp_path)
  without = manifests.render("overlays/cpu")
  for process in manifests.PROCESSES:
    autoscaler = without.find("HorizontalPodAutoscaler", f"unclip-{process}")["spec"]
    scaled = with_keda.find("ScaledObject", f"unclip-{process}")["spec"]
    assert (scaled["minReplicaCount"], scaled["maxReplicaCount"]) == (autoscaler["minReplicas"], autoscaler["maxReplicas"])
    assert scaled["advanced"]["horizontalPodAutoscalerConfig"]["behavior"] == autoscaler["behavior"]
    assert scaled["fallback"]["replicas"] == autoscaler["minReplicas"]
    assert list(cluster_policies._targets(with_keda, process)) == list(cluster_policies._targets(without, process))


def test_the_facts_are_read_from_the_code():
  assert code_facts.flags("prior")["grace"] == "30s" and code_facts.flags("gateway")["http_listen"] == '"127.0.0.1:0"'
  assert code_facts.seconds("1m30s") == 90 and code_facts.seconds("500ms") == 0.5
  assert "unclip_prior_in_flight" in code_facts.gauges("prior") and "unclip_prior_in_flight" not in code_facts.gauges("decoder")
  assert "unclip_prior_requests_total" not in code_facts.gauges("prior")  # a counter
  assert code_facts.flush_seconds() == 2 and code_facts.live_health_name() == "live"


def test_schemas_find_what_is_misspelt():
  rendered = manifests.render("overlays/cpu")
  deployment, monitor = rendered.deployment("prior"), rendered.of_kind("PodMonitor")[0]
  deployment["spec"]["template"]["spec"]["containers"][0]["livenesProbe"] = {}
  monitor["spec"]["podMetricsEndpoints"][0]["intervall"] = "10s"
  for document, word in ((deployment, "livenesProbe"), (monitor, "intervall")):
    assert word in resource_schemas.complaints(document, kubernetes_validate.latest_version())[0]
  unknown = {"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "a"}}
  assert "there is no schema" in resource_schemas.complaints(unknown, "1.31")[0]
