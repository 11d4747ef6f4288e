#!/bin/sh
# Takes Debian's packages as they were when the base image was made. Its list of sources names that snapshot of the archive in a comment:
#     # http://HOST/archive/debian/20250811T000000Z
#     URIs: http://...
# which becomes the address. The first argument is the list; fails when it names no snapshot.
set -eu
list=${1:-/etc/apt/sources.list.d/debian.sources}
if ! grep -Eq '^# https?://[^ ]+/[0-9]{8}T[0-9]{6}Z$' "$list"; then
  echo "pin_packages: $list names no snapshot of the archive" >&2
  exit 1
fi
sed -Ei '/^URIs:/d; s|^# (https?://[^ ]+/[0-9]{8}T[0-9]{6}Z)$|URIs: \1|' "$list"
# A snapshot does not say for ever that it is new.
[ "$#" -gt 0 ] || echo 'Acquire::Check-Valid-Until "false";' >/etc/apt/apt.conf.d/snapshot
