"""Tests of metrics_reading.py."""

from metrics_reading import parse, value

TEXT = """# HELP unclip_prior_in_flight requests
# TYPE unclip_prior_in_flight gauge
unclip_prior_in_flight 3
unclip_prior_stage_seconds_sum{stage="prior"} 0.25
unclip_prior_stage_seconds_bucket{stage="prior",le="+Inf"} 7
unclip_prior_requests_total{method="SamplePrior",code="OK"} 5
unclip_prior_requests_total{method="SamplePrior",code="RESOURCE_EXHAUSTED"} 2
"""


def test_reads_samples_by_name_and_labels():
  samples = parse(TEXT)
  assert value(samples, "unclip_prior_in_flight") == 3
  assert value(samples, "unclip_prior_stage_seconds_sum", stage="prior") == 0.25
  assert value(samples, "unclip_prior_requests_total", method="SamplePrior") == 7
  assert value(samples, "unclip_prior_requests_total", code="OK") == 5


def test_tells_nothing_from_zero():
  assert value(parse(TEXT), "unclip_prior_queue_length") is None
  assert value(parse(TEXT), "unclip_prior_requests_total", code="INTERNAL") is None
