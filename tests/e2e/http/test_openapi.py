"""The HTTP side does what gateway/http/openapi.json says, whatever is sent: Schemathesis makes requests of the document, good and bad ones,
and holds the answers against it."""

import json

import hypothesis
import pytest
import schemathesis
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

import picture_files
from proto_modules import ROOT
from raw_http import PATIENCE_SECONDS, SMALL, get
from running_cluster import wait_until

pytestmark = pytest.mark.usefixtures("still_serves")

DOCUMENT = ROOT / "gateway/http/openapi.json"
# The most that a picture may cost here; what is above it and allowed is cut down.
LIMITS = {"n": 1, "candidate_count": 2, "prior_step_count": 2, "decoder_step_count": 2, "super_res_step_count": 2, "num_inference_steps": 2}
HIGHEST = {"n": 10, "candidate_count": 16, **{name: 1000 for name in LIMITS if "step" in name}}



def read_document():
  """The document without the headers that say how long a caller waits: what is too short for a picture is answered as it should be, with 504."""
  document = json.loads(DOCUMENT.read_text())
  timeouts = [{"$ref": f"#/components/parameters/{name}"} for name in ("ReadTimeout", "RequestTimeout")]
  for operations in document["paths"].values():
    for operation in operations.values():
      operation["parameters"] = [parameter for parameter in operation["parameters"] if parameter not in timeouts]
  return document


schema = schemathesis.openapi.from_dict(read_document())


def make_cheap(case):
  """Cuts down what is allowed and would take long, and leaves what is not allowed as it is."""
  body = case.body
  if not isinstance(body, dict):
    return
  for name, limit in LIMITS.items():
    value = body.get(name)
    if type(value) is int and limit < value <= HIGHEST[name]:
      body[name] = limit
  if "prompt" in body and "image" not in body:
    named = "decoder_step_count" if body.get("num_inference_steps") is None else "num_inference_steps"
    for name in ("prior_step_count", "super_res_step_count", named):
      body[name] = 2 if body.get(name) is None else body[name]


@schema.parametrize()
@hypothesis.settings(max_examples=15, deadline=None, derandomize=True, database=None, suppress_health_check=list(hypothesis.HealthCheck))
def test_answers_are_as_documented(case, cluster):
  make_cheap(case)
  # A body can be right in every field and wrong as a whole: two names of one setting, a size that the model has not, no picture.
  excluded = [positive_data_acceptance]
  # In a form all is text, and an empty part is none: what breaks the schema need not be wrong.
  if case.media_type == "multipart/form-data":
    excluded.append(negative_data_rejection)
  case.call_and_validate(base_url=f"http://{cluster.http}", timeout=PATIENCE_SECONDS, excluded_checks=excluded)


def call(cluster, method, path, **parts):
  """What the server answers, held against the document."""
  return schema[path][method].Case(**parts).call_and_validate(base_url=f"http://{cluster.http}", timeout=PATIENCE_SECONDS)


def test_a_finished_job_is_as_documented(cluster):
  job = call(cluster, "POST", "/v1/jobs", body={**SMALL, "response_format": "url"}, media_type="application/json").json()
  names = {"path_parameters": {"id": job["id"]}}
  assert job["status"] in ("queued", "running", "succeeded")
  wait_until(lambda: get(cluster.http, f"/v1/jobs/{job['id']}").json()["status"] == "succeeded", "the job succeeds")
  events = call(cluster, "GET", "/v1/jobs/{id}/events", **names).text
  assert "event: image\n" in events and '"status":"succeeded"' in events
  url = call(cluster, "GET", "/v1/jobs/{id}", **names).json()["result"]["data"][0]["url"]
  assert call(cluster, "GET", "/v1/images/files/{id}", path_parameters={"id": url.rsplit("/", 1)[1]}).content.startswith(b"\x89PNG")
  assert call(cluster, "DELETE", "/v1/jobs/{id}", **names).json()["deleted"]


def test_a_cancelled_job_is_as_documented(cluster):
  body = {**SMALL, "n": 10, "decoder_step_count": 1000}
  names = {"path_parameters": {"id": call(cluster, "POST", "/v1/jobs", body=body, media_type="application/json").json()["id"]}}
  assert call(cluster, "DELETE", "/v1/jobs/{id}", **names).json()["status"] == "cancelled"
  assert '"status":"cancelled"' in call(cluster, "GET", "/v1/jobs/{id}/events", **names).text


@pytest.mark.parametrize("path", ["/v1/images/edits", "/v1/images/variations"])
def test_a_drawn_picture_is_as_documented(cluster, path):
  body = {"image": picture_files.rgba(), "decoder_step_count": 2, "super_res_step_count": 2, "response_format": "b64_json"}
  streams = [{}]
  if path.endswith("edits"):
    body |= {"prompt": SMALL["prompt"], "model": "unclip", "prior_step_count": 2, "resample_count": 1, "jump_length": 1}
    streams.append({"stream": True, "partial_images": 1})
  for stream in streams:
    answer = call(cluster, "POST", path, body={**body, **stream}, media_type="multipart/form-data")
    assert answer.status_code == 200 and ("image_edit.completed" in answer.text) == bool(stream)


def test_the_document_is_served(cluster):
  answer = get(cluster.http, "/openapi.json")
  assert answer.status == 200 and answer.headers["content-type"] == "application/json"
  assert answer.json() == json.loads(DOCUMENT.read_text())
