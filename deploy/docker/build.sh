#!/usr/bin/env bash
# Builds the four processes and makes their root file systems: build.sh VARIANT FOLDER, with cpu or cuda as the variant.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
variant=$1 folder=$2
also=()
if [[ $variant == cuda ]]; then
  export LIBTORCH=/opt/cuda-libtorch/torch CUDA_HOME=/opt/cuda-libtorch/cuda
  # cuDNN and NVRTC load parts of themselves by name while they run.
  also=(--also "/opt/cuda-libtorch/nvidia/**/libcudnn*.so.*" --also "/opt/cuda-libtorch/nvidia/**/libnvrtc*.so.*")
fi
scripts/setup.sh build
if [[ $variant == cpu && -e .deps/python/torch/lib/libtorch_cuda.so ]]; then
  echo "build: pip found PyTorch's wheel for GPUs; let it find the one for CPUs (--build-arg PIP_INDEX_URL=...)" >&2
  exit 1
fi
bazel build --curses=no --show_progress_rate_limit=30 //gateway //services/clip //services/prior //services/decoder
for process in gateway clip prior decoder; do
  case $process in
    prior | decoder) python3 deploy/docker/make_rootfs.py "$process" --out "$folder/$process" "${also[@]}" ;;
    *) python3 deploy/docker/make_rootfs.py "$process" --out "$folder/$process" ;;
  esac
done
