"""Writes the dashboards in deploy/grafana/dashboards: overview, gateway, clip, prior, decoder.

usage: make_dashboards.py [FOLDER]

A test holds the files equal to what this writes. A panel is a title, a unit, and queries with their legends.
"""

import json
import pathlib
import sys

FOLDER = pathlib.Path(__file__).resolve().parent / "dashboards"
COLUMNS = 24
HEIGHT = 8

# Grafana's names of units.
SECONDS, PER_SECOND, BYTES, SHARE, COUNT, TIME = "s", "ops", "bytes", "percentunit", "short", "dateTimeFromNow"


class Panel:
  """A panel a third of the dashboard wide; `queries` are (query, legend) pairs."""

  def __init__(self, title, unit, *queries, about="", kind="timeseries", stack=False, maximum=None):
    self.title, self.unit, self.queries, self.about, self.kind = title, unit, queries, about, kind
    self.stack, self.maximum = stack, maximum

  def model(self, number, x, y, width):
    defaults = {"unit": self.unit, "min": 0}
    if self.unit == TIME:
      del defaults["min"]
    if self.maximum is not None:
      defaults["max"] = self.maximum
    custom = {"drawStyle": "line", "lineWidth": 1, "fillOpacity": 20 if self.stack else 0, "showPoints": "never"}
    custom["stacking"] = {"mode": "normal" if self.stack else "none"}
    if self.kind == "timeseries":
      defaults["custom"] = custom
    return {
        "id": number,
        "type": self.kind,
        "title": self.title,
        "description": self.about,
        "datasource": {"type": "prometheus", "uid": "${datasource}"},
        "gridPos": {"x": x, "y": y, "w": width, "h": HEIGHT},
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}} if self.kind == "timeseries" else {},
        "targets": [
            {"refId": chr(ord("A") + i), "expr": query, "legendFormat": legend, "datasource": {"type": "prometheus", "uid": "${datasource}"}}
            for i, (query, legend) in enumerate(self.queries)
        ],
    }


def quantiles(histogram, by="", selector=""):
  """Median and 95th percentile of a histogram, as queries."""
  labels = f"le, {by}" if by else "le"
  legend = f"{{{{{by}}}}} " if by else ""
  rate = f"sum by ({labels}) (rate({histogram}_bucket{selector}[$__rate_interval]))"
  return [(f"histogram_quantile({q}, {rate})", f"{legend}{name}") for q, name in ((0.5, "median"), (0.95, "95 %"))]


def rate(counter, by, selector=""):
  return f"sum by ({by}) (rate({counter}{selector}[$__rate_interval]))"


def span_panel(service):
  p = f"unclip_{service}_spans"
  return Panel("Spans", PER_SECOND, (f"sum(rate({p}_exported_total[$__rate_interval]))", "exported"),
               (rate(f"{p}_dropped_total", "reason"), "dropped, {{reason}}"), stack=True, about="To the trace collector, where there is one.")


def model_panels(service):
  """What clip, prior and decoder have in common."""
  p = f"unclip_{service}"
  return [
      Panel("Requests", PER_SECOND, (rate(f"{p}_requests_total", "code"), "{{code}}"), stack=True, about="Requests that ended, by status code."),
      Panel("Turned away", PER_SECOND, (rate(f"{p}_rejections_total", "reason"), "{{reason}}"), stack=True,
            about="Requests refused before any work was done for them, by reason."),
      Panel("In flight and waiting", COUNT, (f"{p}_in_flight", "{{instance}} in flight"), (f"{p}_queue_length", "{{instance}} waiting"),
            about="What a replica has; the waiting are among those in flight. Autoscalers follow these."),
      Panel("Queue fill", SHARE, (f"{p}_queue_length / {p}_queue_capacity", "{{instance}}"), maximum=1, about="When it is full, the service refuses."),
      Panel("Wait for the first step", SECONDS, *quantiles(f"{p}_queue_seconds")),
      Panel("Time of a request", SECONDS, *quantiles(f"{p}_request_seconds", "method", '{method!="GetModelInfo"}')),
      Panel("Time of a stage", SECONDS, *quantiles(f"{p}_stage_seconds", "stage"), about="Computing alone, of finished jobs."),
      Panel("Steps", PER_SECOND, (rate(f"{p}_steps_total", "stage"), "{{stage}}"), stack=True,
            about="Of each job on its own: a batch of four counts four."),
      Panel("Rows in a batch", COUNT,
            (f"{rate(f'{p}_batch_rows_sum', 'stage')} / ({rate(f'{p}_batch_rows_count', 'stage')} > 0)", "{{stage}} mean"),
            *quantiles(f"{p}_batch_rows", "stage")[1:], about="Samples that a step computed together; with guidance a picture has two."),
      Panel("Steps for nothing", PER_SECOND, (f"{rate(f'{p}_wasted_steps_total', 'stage, reason')} or 0 * {rate(f'{p}_steps_total', 'stage')}",
                                             "{{stage}} {{reason}}"), stack=True, about="Steps of jobs that were cancelled, failed or came too late."),
      span_panel(service),
      Panel("Replicas", COUNT, (f"count({p}_build_info)", "up"), (f"sum({p}_model_info)", "with a model")),
      Panel("Started", TIME, (f"{p}_start_time_seconds * 1000", "{{instance}}"), kind="stat"),
      Panel("Loading took", SECONDS, (f"{p}_load_seconds", "{{instance}}"), kind="stat", about="0: not loaded yet."),
  ]


def step_panels(service):
  """What prior and decoder have besides."""
  p = f"unclip_{service}"
  return [
      Panel("Rows a step may have", COUNT, (f"{p}_max_batch_rows", "{{instance}} {{stage}}"), about="As memory allows."),
      Panel("Requests that may be started", COUNT, (f"{p}_max_started", "{{instance}}")),
      Panel("Memory for steps and requests", BYTES, (f"{p}_memory_limit_bytes", "{{instance}} limit"), (f"{p}_run_bytes", "{{instance}} a request"),
            (f"{p}_row_bytes", "{{instance}} a row, {{stage}}")),
  ]


GATEWAY = [
    Panel("Requests over gRPC", PER_SECOND, (rate("unclip_gateway_requests_total", "method, code"), "{{method}} {{code}}"), stack=True),
    Panel("Requests over HTTP", PER_SECOND, (rate("unclip_gateway_http_requests_total", "route, status", '{route=~"/v1/.*"}'), "{{route}} {{status}}"),
          stack=True, about="The API's routes; 499 is a client that left."),
    Panel("Turned away", PER_SECOND, (rate("unclip_gateway_rejections_total", "reason"), "{{reason}}"), stack=True),
    Panel("Time of a request over gRPC", SECONDS, *quantiles("unclip_gateway_request_seconds", "method", '{method!="GetCapabilities"}')),
    Panel("Time of a request over HTTP", SECONDS, *quantiles("unclip_gateway_http_request_seconds", "route", '{route=~"/v1/images/.*"}')),
    Panel("In flight", COUNT, ("unclip_gateway_in_flight", "{{instance}} gRPC"), ("unclip_gateway_http_in_flight", "{{instance}} HTTP"),
          ("unclip_gateway_max_requests", "{{instance}} most")),
    Panel("Jobs", COUNT, ("sum by (status) (unclip_gateway_jobs)", "{{status}}"), stack=True, about="Of POST /v1/jobs."),
    Panel("Jobs that ended", PER_SECOND, (rate("unclip_gateway_jobs_ended_total", "status"), "{{status}}"), stack=True),
    Panel("Pictures", PER_SECOND, ("sum(rate(unclip_gateway_images_total[$__rate_interval]))", "finished")),
    Panel("Pictures in progress", COUNT, ("unclip_gateway_images_in_progress", "{{instance}}")),
    Panel("Previews", PER_SECOND, ("sum(rate(unclip_gateway_previews_total[$__rate_interval]))", "made")),
    Panel("Time to the first preview", SECONDS, *quantiles("unclip_gateway_first_preview_seconds")),
    Panel("Time of a stage", SECONDS, *quantiles("unclip_gateway_stage_seconds", "stage"), about="As the services say."),
    Panel("Wait before a stage", SECONDS, *quantiles("unclip_gateway_stage_queue_seconds", "stage")),
    Panel("Services behind it", COUNT, ("unclip_gateway_upstream_up", "{{instance}} {{upstream}}"), maximum=1, about="1: up."),
    Panel("Calls issued again", PER_SECOND,
          (f"{rate('unclip_gateway_upstream_reissues_total', 'upstream')} or 0 * sum by (upstream) (unclip_gateway_upstream_up)", "{{upstream}}"),
          about="A replica that had them was lost."),
    Panel("Prompts whose embedding was kept", SHARE,
          ("sum(rate(unclip_gateway_embedding_cache_hits_total[$__rate_interval])) / (sum(rate(unclip_gateway_embedding_cache_hits_total[$__rate_interval]))"
           " + sum(rate(unclip_gateway_embedding_cache_misses_total[$__rate_interval])) > 0)", "hits"), maximum=1),
    Panel("Embedding cache", BYTES, ("unclip_gateway_embedding_cache_bytes", "{{instance}}")),
    Panel("Embeddings evicted", PER_SECOND, ("sum(rate(unclip_gateway_embedding_cache_evictions_total[$__rate_interval]))", "evicted")),
    span_panel("gateway"),
    Panel("Started", TIME, ("unclip_gateway_start_time_seconds * 1000", "{{instance}}"), kind="stat"),
]

OVERVIEW = [
    Panel("Requests that failed", SHARE, ("unclip_gateway:bad_requests:ratio_rate5m", "{{door}}"), maximum=1,
          about="Through the cluster, of those of the last 5 minutes; the objective is 0.5 % in 30 days."),
    Panel("Requests over 60 s", SHARE, ("unclip_gateway:slow_requests:ratio_rate5m", "{{door}}"), maximum=1, about="The objective is 5 % in 30 days."),
    Panel("Time of a request", SECONDS, ("unclip_gateway:request_seconds:p50_5m", "{{door}} median"),
          ("unclip_gateway:request_seconds:p95_5m", "{{door}} 95 %")),
    Panel("Requests", PER_SECOND, ("unclip:requests:rate5m", "{{service}}")),
    Panel("Turned away", PER_SECOND, ("sum by (service) (unclip:rejections:rate5m)", "{{service}}"), stack=True),
    Panel("Pictures", PER_SECOND, ("sum(rate(unclip_gateway_images_total[$__rate_interval]))", "finished"), about="Finished a second."),
    Panel("Queue fill", SHARE, ("max by (service) (unclip:queue_fill:ratio)", "{{service}}"), maximum=1, about="Of the fullest replica."),
    Panel("Wait for the first step, 90 %", SECONDS, ("unclip:queue_seconds:p90_5m", "{{service}}")),
    Panel("Steps", PER_SECOND, ("unclip:steps:rate5m", "{{service}} {{stage}}")),
    Panel("Rows in a batch", COUNT, ("unclip:batch_rows:mean5m", "{{service}} {{stage}}"), about="Mean."),
    Panel("Where a picture's time goes", SECONDS,
          ("sum by (stage) (rate(unclip_gateway_stage_seconds_sum[$__rate_interval])) / (sum by (stage) (rate(unclip_gateway_stage_seconds_count[$__rate_interval])) > 0)",
           "{{stage}}"), stack=True, about="Mean seconds of computing in each stage."),
    Panel("Services behind the gateways", COUNT, ("min by (upstream) (unclip_gateway_upstream_up)", "{{upstream}}"), maximum=1),
    Panel("Starts in 30 minutes", COUNT, ("max by (service) (unclip:restarts:changes30m)", "{{service}}"), about="Of the process that started most often."),
    Panel("Different models", COUNT, ("unclip:models:count", "{{service}}"), about="More than one: a roll-out is under way, or went wrong."),
]

DASHBOARDS = {
    "overview": OVERVIEW,
    "gateway": GATEWAY,
    "clip": model_panels("clip"),
    "prior": model_panels("prior") + step_panels("prior"),
    "decoder": model_panels("decoder") + step_panels("decoder"),
}


def dashboard(name, panels):
  """The dashboard as Grafana's JSON model: three panels a row."""
  width = COLUMNS // 3
  return {
      "uid": f"unclip-{name}",
      "title": f"Unclip: {name}",
      "tags": ["unclip"],
      "schemaVersion": 38,
      "editable": True,
      "timezone": "browser",
      "refresh": "10s",
      "time": {"from": "now-1h", "to": "now"},
      "links": [{"type": "dashboards", "tags": ["unclip"], "title": "Unclip", "asDropdown": True, "keepTime": True}],
      "templating": {"list": [{"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus", "current": {}}]},
      "annotations": {"list": []},
      "panels": [panel.model(i + 1, i % 3 * width, i // 3 * HEIGHT, width) for i, panel in enumerate(panels)],
  }


def main():
  folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
  for name, panels in DASHBOARDS.items():
    text = json.dumps(dashboard(name, panels), indent=1, ensure_ascii=False)
    (folder / f"{name}.json").write_text(text + "\n")


if __name__ == "__main__":
  main()
