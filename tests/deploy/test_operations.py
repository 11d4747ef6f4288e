"""docs/operations.md: a section for each alert and for nothing else, and what it names exists."""

import re

import yaml

from metric_names import ROOT, unknown_labels, unknown_names

PAGE = (ROOT / "docs/operations.md").read_text()
ALERTS = {
    rule["alert"] for group in yaml.safe_load((ROOT / "deploy/prometheus/rules/alerts.yaml").read_text())["groups"] for rule in group["rules"]
}
RECORDED = {
    rule["record"] for group in yaml.safe_load((ROOT / "deploy/prometheus/rules/recording.yaml").read_text())["groups"] for rule in group["rules"]
}


def sections():
  """Name of each alert's section to its text."""
  parts = re.split(r"^### (\w+)$", PAGE.partition("\n## Alerts\n")[2], flags=re.M)
  return dict(zip(parts[1::2], parts[2::2]))


def anchor(heading):
  return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_every_alert_has_its_section():
  assert sections().keys() == ALERTS


def test_sections_say_what_it_means_how_to_make_sure_and_what_to_do():
  for name, text in sections().items():
    assert text.strip().startswith("*"), name
    assert "- Make sure: " in text, name
    assert len(re.findall(r"^- ", text, re.M)) >= 2, name


def test_links_lead_somewhere():
  anchors = {anchor(heading) for heading in re.findall(r"^#+ (.+)$", PAGE, re.M)}
  for target in re.findall(r"\]\(([^)]+)\)", PAGE):
    file, _, fragment = target.partition("#")
    if file:
      page = ROOT / "docs" / file
      assert page.exists(), target
      if fragment:
        assert fragment in {anchor(heading) for heading in re.findall(r"^#+ (.+)$", page.read_text(), re.M)}, target
    else:
      assert fragment in anchors, target


def test_metrics_in_queries_exist():
  for code in re.findall(r"`([^`]*unclip[_:][^`]*)`", PAGE):
    if "/" not in code and "train" not in code:
      assert not unknown_names(code, RECORDED) and not unknown_labels(code), code


def test_flags_exist():
  named = set(re.findall(r"--([a-z][a-z_]+(?:-[a-z]+)*)", PAGE))
  ours = {flag for flag in named if flag not in {"once", "no", "now", "out", "replicas", "config", "storage", "web"}}
  known = set()
  for folder in ("common", "services", "gateway", "tools"):
    for path in (ROOT / folder).rglob("*.cc"):
      text = path.read_text()
      known |= set(re.findall(r"ABSL_FLAG\(\s*[^;]*?,\s*(\w+),", text))
      known |= {name.replace("-", "_") for name in re.findall(r'Add(?:String|Int|Switch|Double|Choice)\("([a-z-]+)"', text)}
  foreign = {"no_install_recommends"}
  assert {flag.replace("-", "_") for flag in ours} - known - foreign == set()
  assert "memory_limit_mib" in known and "no_such_flag" not in known
