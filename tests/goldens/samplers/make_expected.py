"""Makes expected.safetensors: what diffusers' DDIM and DPM-Solver++ make of a model that is a formula.

usage: make_expected.py [FILE]

FILE: where to write; default: expected.safetensors beside this script. Needs bench/requirements.txt.

The file holds `start` [N, C, L] and `noise` [steps, N, C, L] (that of step i is noise[i]) and, for each case, the sample after
each of its steps [steps, N, C, L]; all float32. A case is called SAMPLER/PREDICTION/CLIP/STEPS/TABLES: `ddim-ETA` or
`dpm-solver`; `epsilon` or `sample` (the formulas below); `clip` (the estimate of x0 is clamped to ±CLIP_RANGE) or `free`;
`float32` (the reference as it is) or `float64` (the reference given the same schedule as float64, so that it computes its
coefficients in float64; samples stay float32).
"""

import itertools
import pathlib
import sys

import torch
from diffusers import DDIMScheduler, DPMSolverMultistepScheduler
from safetensors.torch import save_file

SHAPE = (2, 2, 3)
STEP_COUNTS = (1, 3, 16)  # the reference's solver has another rule for its last steps from 15 on
ETAS = (0.0, 0.5, 1.0)
CLIP_RANGE = 0.75
SCHEDULE = {"num_train_timesteps": 1000, "beta_schedule": "squaredcos_cap_v2", "timestep_spacing": "linspace"}


def epsilon_model(x, t):
  """Nearly all of x is noise where t is large, as a trained model would say; the quotient makes it nonlinear."""
  return x * (t / (t + 1)) - x / (x * x + 1) * ((1000 - t) / 2000)


def sample_model(x, t):
  return x * 0.5 + x / (x * x + 1) * (1 - t / 2000)


TABLES = {"float32": torch.float32, "float64": torch.float64}
MODELS = {"epsilon": epsilon_model, "sample": sample_model}


class Stride:
  """What num_train_timesteps // stride is, said outright.

  DDIMScheduler steps from t to t - num_train_timesteps // num_inference_steps. With "linspace" that is not the timestep which its
  model sees next; in place of num_inference_steps this makes it so.
  """

  def __init__(self, value):
    self._value = value

  def __rfloordiv__(self, _):
    return self._value


class ClampingSolver(DPMSolverMultistepScheduler):
  """With the clamp that the reference's solver has no option for."""

  clamp = None

  def convert_model_output(self, *args, **kwargs):
    x0 = super().convert_model_output(*args, **kwargs)
    return x0 if self.clamp is None else x0.clamp(-self.clamp, self.clamp)


def run_ddim(prediction, is_clipped, step_count, tables, eta, start, noise):
  scheduler = DDIMScheduler(
      **SCHEDULE, prediction_type=prediction, clip_sample=is_clipped, clip_sample_range=CLIP_RANGE, set_alpha_to_one=True
  )
  scheduler.alphas_cumprod = scheduler.alphas_cumprod.to(tables)
  scheduler.set_timesteps(step_count)
  timesteps = scheduler.timesteps.tolist()
  if step_count == 1:
    timesteps = [999]  # "linspace" of one point is [0], where x would have to be nearly clean already
  x, seen = start, []
  for i, (t, following) in enumerate(zip(timesteps, [*timesteps[1:], -1])):
    scheduler.num_inference_steps = Stride(t - following)
    output = MODELS[prediction](x, t)
    x = scheduler.step(output, t, x, eta=eta, use_clipped_model_output=True, variance_noise=noise[i]).prev_sample
    seen.append(x)
  return torch.stack(seen)


def run_dpm_solver(prediction, is_clipped, step_count, tables, start):
  scheduler = ClampingSolver(
      **SCHEDULE, prediction_type=prediction, algorithm_type="dpmsolver++", solver_order=2, solver_type="midpoint",
      lower_order_final=True, final_sigmas_type="zero",
  )  # fmt: skip
  scheduler.clamp = CLIP_RANGE if is_clipped else None
  scheduler.set_timesteps(step_count)
  if tables == torch.float64:  # set_timesteps rounds to float32, whatever the schedule's type
    cumprods = scheduler.alphas_cumprod.to(tables)[scheduler.timesteps]
    scheduler.sigmas = torch.cat([((1 - cumprods) / cumprods) ** 0.5, torch.zeros(1, dtype=tables)])
  x, seen = start, []
  for t in scheduler.timesteps.tolist():
    x = scheduler.step(MODELS[prediction](x, t), t, x).prev_sample
    seen.append(x)
  return torch.stack(seen)


def main():
  here = pathlib.Path(__file__).resolve().parent
  path = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here / "expected.safetensors"
  generator = torch.Generator("cpu").manual_seed(0)
  start = torch.randn(SHAPE, generator=generator)
  noise = torch.randn((max(STEP_COUNTS), *SHAPE), generator=generator)
  tensors = {"start": start, "noise": noise}
  for prediction, is_clipped, step_count, tables in itertools.product(MODELS, (True, False), STEP_COUNTS, TABLES):
    case = f"{prediction}/{'clip' if is_clipped else 'free'}/{step_count}/{tables}"
    settings = (prediction, is_clipped, step_count, TABLES[tables])
    for eta in ETAS:
      tensors[f"ddim-{eta:g}/{case}"] = run_ddim(*settings, eta, start, noise)
    tensors[f"dpm-solver/{case}"] = run_dpm_solver(*settings, start)
  assert all(tensor.dtype == torch.float32 and tensor.isfinite().all() for tensor in tensors.values())
  save_file(tensors, path)
  print(f"{path}: {len(tensors) - 2} cases, {path.stat().st_size} bytes")


if __name__ == "__main__":
  main()
