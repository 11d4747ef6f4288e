#!/usr/bin/env bash
# Builds model/ and the engines against an installed PyTorch, without gRPC and Bazel, and measures them on its GPU. See docs/gpu.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly pack=out/gpu
readonly archive=$pack/libraries.tar.xz

usage() {
  cat <<'TEXT'
usage: bench/gpu.sh pack
       bench/gpu.sh run [OPTION...]

pack: on a machine that builds Unclip, puts what another machine with PyTorch, g++ and Python may lack into out/gpu: the headers and
      static libraries of Abseil, ICU, RE2, OpenSSL and nlohmann's JSON, and the list of sources. Take this folder there, together with
      the repository.
run:  builds (into out/gpu-build) against the PyTorch that `python3 -c 'import torch'` finds, replays the recorded runs of the reference,
      then draws pictures with a checkpoint of random weights and prints seconds by stage. Nothing is downloaded. Fails when a replay is
      past its tolerance, after the measurement.

options of run:
  --device NAME     cuda:0 (default), cuda, cuda:N or cpu
  --python FILE     the Python that has PyTorch (default python3)
  --goldens DIR     more recorded runs: DIR/NAME/{text-to-image,image-variation,cases}
  --like NAME       karlo (default, 3.7 billion parameters), or a checkpoint folder, whose sizes to take
  --dtype TYPE      of the measurement (default bfloat16)
  --batches LIST    pictures at a time (default 1,2,4,8)
  --steps LIST      of prior, decoder and upsampler (default 25,25,7)
  --rounds N        times that each batch is drawn (default 3)
  --jobs N          compilers at a time (default: all cores)
  --out DIR         where results go: parity.txt, times.txt and times.json (default out/gpu-results)
  --parity-only, --measure-only
TEXT
}

die() {
  echo "bench/gpu.sh: $*" >&2
  exit 1
}

say() { printf '[%4d s] %s\n' "$SECONDS" "$*"; }

make_pack() {
  rm -rf "$pack"
  mkdir -p "$pack/tree/include" "$pack/tree/lib"
  bazel query --noshow_progress 'kind("source file", deps(//bench:gpu_bench))' 2>/dev/null |
    sed -n 's|^//\(.*\.cc\)$|\1|p' | tr ':' '/' | sort >"$pack/sources.txt"
  [[ -s $pack/sources.txt ]] || die "bazel gave no sources"
  local libraries
  libraries=$(gcc -print-file-name=libabsl_base.a)
  libraries=${libraries%/*}
  cp -r /usr/include/{absl,nlohmann,unicode,re2,openssl} "$pack/tree/include/"
  cp "$(gcc -print-multiarch | sed 's|.*|/usr/include/&/openssl|')"/*.h "$pack/tree/include/openssl/"
  cp "$libraries"/libabsl_*.a "$libraries"/lib{icuuc,icui18n,icudata,re2,crypto}.a "$pack/tree/lib/"
  XZ_OPT='-6 -T0' tar -C "$pack/tree" -cJf "$archive" include lib
  rm -rf "$pack/tree"
  say "packed $(wc -l <"$pack/sources.txt") sources' names and $(du -h "$archive" | cut -f1) of libraries"
}

# Sets torch_version, torch_dir, torch_abi, torch_cuda (empty without CUDA) and cuda_dirs (folders that may have CUDA's headers and libraries).
find_torch() {
  local found
  found=$("$python" - <<'PYTHON'
import glob, os, shutil, torch
root = os.path.dirname(torch.__file__)
site = os.path.dirname(root)
nvcc = shutil.which("nvcc")
toolkit = os.path.dirname(os.path.dirname(os.path.realpath(nvcc))) if nvcc else ""
homes = [os.environ.get("CUDA_HOME", ""), toolkit, *sorted(glob.glob(site + "/nvidia/cu1*")), site + "/nvidia/cuda_runtime", "/usr/local/cuda"]
print(torch.__version__, root, int(torch.compiled_with_cxx11_abi()), torch.version.cuda or "-", ":".join(home for home in homes if home), sep="\n")
PYTHON
  ) || die "$python has no PyTorch"
  { read -r torch_version; read -r torch_dir; read -r torch_abi; read -r torch_cuda; read -r cuda_dirs; } <<<"$found"
  if [[ $torch_cuda == - ]]; then torch_cuda=; fi
}

# Sets `compile` and `link`, the flags for both.
set_flags() {
  compile=(-std=c++20 -O2 -pthread "-D_GLIBCXX_USE_CXX11_ABI=$torch_abi" -I. -isystem "$tree/include"
    -isystem "$torch_dir/include" -isystem "$torch_dir/include/torch/csrc/api/include")
  link=(-pthread "-L$torch_dir/lib" "-Wl,-rpath,$torch_dir/lib" -Wl,--allow-shlib-undefined -Wl,--no-as-needed)
  if [[ -n $torch_cuda ]]; then
    local home header= library=
    for home in ${cuda_dirs//:/ }; do
      # PyTorch may have brought CUDA's headers without the crt/ that they include.
      if [[ -z $header && -f $home/include/cuda_runtime_api.h && -f $home/include/crt/host_config.h ]]; then header=$home/include; fi
      if [[ -z $library ]]; then library=$(compgen -G "$home/lib*/libcudart.so*" | head -1) || true; fi
    done
    [[ -n $header && -n $library ]] || die "this PyTorch has CUDA, but $cuda_dirs have no cuda_runtime_api.h with crt/, or no libcudart.so"
    compile+=(-DUNCLIP_CUDA -isystem "$header")
    link+=(-ltorch_cuda -lc10_cuda "$library" "-Wl,-rpath,${library%/*}")
  fi
  link+=(-ltorch_cpu -ltorch -lc10 -Wl,--as-needed)
}

# is_current OBJECT: whether it is newer than all that it was made from.
is_current() {
  [[ -f $1 && -f ${1%.o}.d ]] || return 1
  local file
  for file in $(sed -e 's/^[^:]*://' -e 's/\\$//' "${1%.o}.d"); do
    if [[ ! -f $file || $file -nt $1 ]]; then return 1; fi
  done
}

# compile_one SOURCE FLAG...
compile_one() {
  local source=$1 object=$build/${1%.cc}.o
  shift
  if is_current "$object"; then return; fi
  mkdir -p "${object%/*}"
  # Its loops become vector code only then.
  local level=-O2
  if [[ $source == *_kernel.cc ]]; then level=-O3; fi
  g++ "$@" "$level" -MMD -c "$source" -o "$object.part" -MF "${object%.o}.d" || { echo "cannot compile $source" >&2; return 255; }
  mv "$object.part" "$object"
}

build_binary() {
  [[ -f $archive && -f $pack/sources.txt ]] || die "$pack is not there; run bench/gpu.sh pack on a machine that builds Unclip"
  find_torch
  build=out/gpu-build/$torch_version
  tree=out/gpu-build/libraries
  binary=$build/gpu_bench
  export build
  if [[ ! -d $tree || $archive -nt $tree ]]; then
    rm -rf "$tree"
    mkdir -p "$tree"
    "$python" -c 'import sys, tarfile; tarfile.open(sys.argv[1]).extractall(sys.argv[2])' "$archive" "$tree"
    touch "$tree"
  fi
  local compile link
  set_flags
  say "building against PyTorch $torch_version${torch_cuda:+ with CUDA $torch_cuda}"
  export -f compile_one is_current
  xargs -P "$jobs" -I '{}' bash -c 'compile_one "$@"' - '{}' "${compile[@]}" <"$pack/sources.txt"
  local objects
  mapfile -t objects < <(sed "s|^\(.*\)\.cc$|$build/\1.o|" "$pack/sources.txt")
  g++ "${objects[@]}" -o "$binary" "${link[@]}" -Wl,--start-group "$tree"/lib/*.a -Wl,--end-group -ldl
  # Where PyTorch's own libraries look for CUDA's when Python loads them.
  local folder
  for folder in "${torch_dir%/*}"/nvidia/*/lib; do
    if [[ -d $folder ]]; then LD_LIBRARY_PATH=${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$folder; fi
  done
  export LD_LIBRARY_PATH=${LD_LIBRARY_PATH:-}
  say "built $(wc -l <"$pack/sources.txt") sources"
}

# list_replays: a line "CHECKPOINT CASE TYPE" for each.
list_replays() {
  local root file half
  for root in models/shapes32:tests/goldens/shapes32 tests/goldens/odd-shapes:tests/goldens/odd-shapes/cases ${goldens:+"$goldens"/*}; do
    for file in "${root#*:}"/*.safetensors "$root"/cases/*.safetensors; do
      [[ -f $file ]] || continue
      half=text-to-image
      if [[ ${file##*/} == *variation* ]]; then half=image-variation; fi
      echo "${root%:*}/$half $file float32"
      # Rounds so coarsely that one case shows what it can.
      if [[ ${file##*/} == full-trace.safetensors ]]; then echo "${root%:*}/$half $file bfloat16"; fi
    done
  done
}

# replay_one CHECKPOINT CASE TYPE: prints the table, with its verdict on the first line.
replay_one() {
  local table verdict=passed
  table=$("$binary" replay --checkpoint "$1" --case "$2" --dtype "$3" --device "$device" --threads 1 2>&1) || verdict=FAILED
  printf '%s %s %s\n%s\n\n' "$verdict" "$2" "$3" "$table"
}

check_parity() {
  export -f replay_one
  export binary device
  list_replays | xargs -P "$((jobs < 4 ? jobs : 4))" -L 1 bash -c 'replay_one "$@"' - >"$out/parity.txt"
  local passed failed
  passed=$(grep -c '^passed ' "$out/parity.txt") || true
  failed=$(grep -c '^FAILED ' "$out/parity.txt") || true
  grep '^FAILED ' -A 24 "$out/parity.txt" || true
  say "parity: $passed passed, $failed failed ($out/parity.txt)"
  ((failed == 0 && passed > 0))
}

measure() {
  local checkpoint=$build/random-checkpoint-${like##*/}
  local tokenizer=tests/goldens/odd-shapes/text-to-image/tokenizer
  if [[ ! -f $checkpoint/complete ]]; then
    rm -rf "$checkpoint"
    "$binary" random-checkpoint --like "$like" --out "$checkpoint" ${karlo:+--tokenizer "$tokenizer"}
    touch "$checkpoint/complete"
    say "wrote a checkpoint of random weights, $(du -sh "$checkpoint" | cut -f1)"
  fi
  "$binary" measure --checkpoint "$checkpoint" --device "$device" --dtype "$dtype" --batches "$batches" --steps "$steps" \
    --rounds "$rounds" --json "$out/times.json" | tee "$out/times.txt"
  say "measured ($out/times.json)"
}

run() {
  python=python3 device=cuda:0 goldens= like=karlo dtype=bfloat16 batches=1,2,4,8 steps=25,25,7 rounds=3 jobs=$(nproc)
  out=out/gpu-results
  local parity=1 measurement=1 parity_passed=1
  while (($# > 0)); do
    case $1 in
      --parity-only) measurement= ;;
      --measure-only) parity= ;;
      --python | --device | --goldens | --like | --dtype | --batches | --steps | --rounds | --jobs | --out)
        (($# > 1)) || die "$1 needs a value"
        printf -v "${1#--}" '%s' "$2"
        shift
        ;;
      *) die "no option $1; see bench/gpu.sh --help" ;;
    esac
    shift
  done
  karlo=
  if [[ $like == karlo ]]; then karlo=1; fi
  mkdir -p "$out"
  build_binary
  if [[ -n $parity ]]; then check_parity || parity_passed=; fi
  if [[ -n $measurement ]]; then measure; fi
  [[ -n $parity_passed ]] || die "a replay is past its tolerance"
}

case ${1:-} in
  pack) make_pack ;;
  run) run "${@:2}" ;;
  -h | --help) usage ;;
  *) usage >&2; exit 2 ;;
esac
