#!/usr/bin/env bash
# LibTorch for GPUs, of the version that scripts/setup.sh names, with the CUDA libraries that its wheel asks for, into /opt/cuda-libtorch.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
version=$(sed -n 's/^readonly torch_version=//p' scripts/setup.sh)
target=/opt/cuda-libtorch
python3 -m venv /opt/pip
/opt/pip/bin/pip install --no-compile --target "$target" "torch==$version"
cuda=("$target"/nvidia/cu[0-9]*)
[[ -f $target/torch/lib/libtorch_cuda.so && -f ${cuda[0]}/include/cuda_runtime_api.h ]] || {
  echo "install_cuda: the wheel of torch $version that pip found is not the one for GPUs" >&2
  exit 1
}
# The wheels have no names for linkers.
ln -sf "$(cd "${cuda[0]}/lib" && ls -d libcudart.so.*)" "${cuda[0]}/lib/libcudart.so"
ln -sfn "${cuda[0]}" "$target/cuda"
