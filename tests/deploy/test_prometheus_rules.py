"""Recording rules and alerts: that they are right (promtool's unit tests), speak of metrics that exist, and say what to do."""

import shutil
import subprocess
import sys

import pytest
import yaml

from metric_names import ROOT, documented, names_in, unknown_labels, unknown_names

PROMETHEUS = ROOT / "deploy/prometheus"
UNIT_TESTS = sorted(path.name for path in (PROMETHEUS / "tests").glob("*.yaml"))


def rules(name):
  groups = yaml.safe_load((PROMETHEUS / "rules" / name).read_text())["groups"]
  return [rule for group in groups for rule in group["rules"]]


RECORDING = rules("recording.yaml")
ALERTS = rules("alerts.yaml")
RECORDED = {rule["record"] for rule in RECORDING}


def promtool(*arguments):
  result = subprocess.run(["promtool", *map(str, arguments)], check=False, capture_output=True, text=True, timeout=120)
  return result.returncode, result.stdout + result.stderr


def test_the_operators_resource_is_what_the_rules_make(tmp_path):
  subprocess.run([sys.executable, PROMETHEUS / "make_prometheus_rule.py", tmp_path / "rule.yaml"], check=True, timeout=60)
  assert (tmp_path / "rule.yaml").read_text() == (PROMETHEUS / "prometheus_rule.yaml").read_text(), "run make_prometheus_rule.py"


def test_the_configuration_and_its_rules_are_accepted():
  code, text = promtool("check", "config", PROMETHEUS / "prometheus.yaml")
  assert code == 0, text
  assert f"{len(RECORDING)} rules found" in text and f"{len(ALERTS)} rules found" in text


@pytest.mark.parametrize("name", UNIT_TESTS)
def test_rules_do_what_their_unit_tests_say(name):
  code, text = promtool("test", "rules", PROMETHEUS / "tests" / name)
  assert code == 0, text


@pytest.mark.parametrize(
    "unit_test, file, old, new",
    [
        ("slo_test", "alerts.yaml", "ratio_rate1h > 14.4 * 0.005", "ratio_rate1h > 0.9"),
        ("slo_test", "alerts.yaml", "* 3600 >= 5", "* 3600 >= 1"),
        ("services_test", "alerts.yaml", 'job!~".*train.*"', 'job!~"none"'),
        ("services_test", "alerts.yaml", "changes30m >= 3", "changes30m >= 1"),
        ("services_test", "alerts.yaml", "for: 2m", "for: 0m"),
        ("slo_test", "recording.yaml", "INTERNAL|UNKNOWN|DATA_LOSS|UNAVAILABLE", "INTERNAL|RESOURCE_EXHAUSTED"),
        ("slo_test", "recording.yaml", 'le="60"', 'le="25"'),
        ("services_test", "recording.yaml", "unless on (instance)", "unless on ()"),
    ],
)
def test_the_unit_tests_see_a_rule_that_is_wrong(tmp_path, unit_test, file, old, new):
  shutil.copytree(PROMETHEUS, tmp_path, dirs_exist_ok=True)
  path = tmp_path / "rules" / file
  text = path.read_text()
  assert old in text
  path.write_text(text.replace(old, new))
  assert promtool("test", "rules", tmp_path / "tests" / f"{unit_test}.yaml")[0] != 0


def test_every_alert_is_seen_to_come_in_a_unit_test():
  seen = set()
  for name in UNIT_TESTS:
    for test in yaml.safe_load((PROMETHEUS / "tests" / name).read_text())["tests"]:
      seen |= {case["alertname"] for case in test.get("alert_rule_test", []) if case.get("exp_alerts")}
  assert seen == {alert["alert"] for alert in ALERTS}


@pytest.mark.parametrize("rule", RECORDING + ALERTS, ids=lambda rule: rule.get("record") or rule["alert"])
def test_rules_name_metrics_and_labels_that_exist(rule):
  assert names_in(rule["expr"]) or rule.get("alert") == "UnclipTargetDown"
  assert not unknown_names(rule["expr"], RECORDED)
  assert not unknown_labels(rule["expr"])


def test_names_that_do_not_exist_are_found():
  assert unknown_names("rate(unclip_prior_steps_done_total[5m])") == {"unclip_prior_steps_done_total"}
  assert unknown_names("unclip_gateway_queue_length") == {"unclip_gateway_queue_length"}  # it has no queue
  assert unknown_names("unclip_prior_queue_seconds") == {"unclip_prior_queue_seconds"}  # a histogram has no such sample
  assert unknown_names("unclip_prior_queue_seconds_bucket") == set()
  assert unknown_names("unclip_prior_steps_total_count") == {"unclip_prior_steps_total_count"}
  assert unknown_names("unclip:nothing:rate5m", RECORDED) == {"unclip:nothing:rate5m"}
  assert unknown_labels('rate(unclip_prior_steps_total{step="prior"}[5m])') == {("unclip_prior_steps_total", "step")}
  assert unknown_labels('unclip_prior_queue_seconds_bucket{le="1",instance=~"a=b"}') == set()
  assert len(documented()) > 80


def test_nothing_looks_at_training_runs():
  assert not [rule for rule in RECORDING + ALERTS if any(name.startswith("unclip_train") for name in names_in(rule["expr"]))]


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_alerts_say_how_bad_it_is_what_it_is_and_what_to_do(alert):
  assert alert["labels"]["severity"] in ("page", "ticket")
  notes = alert["annotations"]
  assert notes.keys() == {"summary", "description", "runbook_url"}
  assert notes["summary"] and len(notes["description"]) > 40
  assert notes["runbook_url"] == f"docs/operations.md#{alert['alert'].lower()}"
