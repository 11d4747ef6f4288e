"""Turns the times of stages into a table: seconds, seconds a step, and what share of the machine's peak that is."""

import dataclasses
import statistics

from settings import STAGES, Settings

GIGA = 1e9
LABELS = {"embed_text": "text", "prior": "prior", "decoder": "decoder", "super_res": "upsampler", "encode": "encoding"}


def step_counts(settings):
  """By stage, its denoising steps; the others have none."""
  return {"prior": settings.prior_steps, "decoder": settings.decoder_steps, "super_res": settings.super_res_steps}


def forward_counts(settings, candidates):
  """By stage, the forward passes of a batch of one that a picture needs: guidance needs two for one, in the prior and in the decoder alike."""
  guided = 2 if max(settings.prior_guidance, settings.decoder_guidance) > 1 else 1
  return {
      "embed_text": guided,
      "prior": guided * candidates * settings.prior_steps,
      "decoder": guided * settings.decoder_steps,
      "super_res": settings.super_res_steps,
  }


def picture_flops(forward_flops, settings, candidates):
  """By stage, the operations of a picture; forward_flops are those of one forward pass of a batch of one."""
  return {stage: count * forward_flops[stage] for stage, count in forward_counts(settings, candidates).items()}


def median_stages(pictures):
  """By stage, the median over the pictures of its seconds."""
  return {stage: statistics.median(picture.get(stage, 0.0) for picture in pictures) for stage in STAGES}


def extrapolate(seconds, stages, settings, target=Settings()):
  """What a picture with the target's steps would take, if each step took as long as those measured and all else stayed as it is."""
  measured, wanted = step_counts(settings), step_counts(target)
  return seconds + sum(stages[stage] / measured[stage] * (wanted[stage] - measured[stage]) for stage in measured)


@dataclasses.dataclass(frozen=True)
class StageRow:
  """A stage, or a whole picture, on both sides."""

  name: str
  cluster: float
  reference: float
  steps: int = 0
  # Operations; 0: nothing worth counting.
  flops: float = 0.0

  @property
  def ratio(self):
    return self.cluster / self.reference if self.reference > 0 else float("nan")

  def _rate(self, seconds, peak):
    if not self.flops or seconds <= 0:
      return ""
    rate = f"{self.flops / seconds / GIGA:.0f}"
    return f"{rate} ({self.flops / seconds / peak:.0%})" if peak else rate

  def cells(self, peak):
    """The cells of its line; `peak`: the machine's, in operations a second, or 0."""
    per_step = [f"{seconds / self.steps:.4g}" if self.steps else "" for seconds in (self.cluster, self.reference)]
    rates = [self._rate(seconds, peak) for seconds in (self.cluster, self.reference)]
    return [self.name, f"{self.cluster:.3f}", f"{self.reference:.3f}", f"{self.ratio:.2f}", *per_step, *rates]


def best_of(count):
  return f", best of {count}" if count > 1 else ""


def _steps_text(settings):
  return "/".join(str(count) for count in step_counts(settings).values())


def stage_rows(cluster, reference, settings, forward_flops):
  """Rows for what was Measured of both sides: all stages for the first count of candidates, and what is different for the others."""
  rows = []
  for candidates in cluster.pictures:
    stages = [median_stages(side.stages[candidates]) for side in (cluster, reference)]
    seconds = [statistics.median(side.pictures[candidates]) for side in (cluster, reference)]
    flops = picture_flops(forward_flops, settings, candidates)
    for stage in STAGES if not rows else ("prior",):
      name = LABELS[stage] + (best_of(candidates) if stage == "prior" else "")
      rows.append(StageRow(name, *(side[stage] for side in stages), step_counts(settings).get(stage, 0), flops.get(stage, 0.0)))
    rows.append(StageRow(f"whole picture{best_of(candidates)}", *seconds, flops=sum(flops.values())))
    if step_counts(settings) != step_counts(Settings()):
      name = f"*whole picture{best_of(candidates)}, extrapolated to {_steps_text(Settings())} steps*"
      rows.append(StageRow(name, *(extrapolate(all_of_it, parts, settings) for all_of_it, parts in zip(seconds, stages))))
  return rows


def stage_table(rows, reference_name, peaks):
  """A Markdown table, and under it the peaks (by kind, operations a second; empty: not measured)."""
  peak = max(peaks.values(), default=0.0)
  sides = ("Unclip", reference_name)
  header = ["", *(f"{side}, s" for side in sides), "ratio", *(f"{side}, s a step" for side in sides), *(f"{side}, GFLOP/s" for side in sides)]
  lines = [header, ["---", *["---:"] * (len(header) - 1)], *(row.cells(peak) for row in rows)]
  text = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
  if peaks:
    measured = " and ".join(f"{rate / GIGA:.0f} GFLOP/s in a {kind}" for kind, rate in peaks.items())
    text += f"\n\nThe machine does {measured}, measured in the same run with torch; shares are of the greater."
  return text
