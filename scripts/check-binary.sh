#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Checks what is promised of the binary as a file: that it is small once stripped, and the same wherever it was made.
#
#	scripts/check-binary.sh [BUILD]
set -u
cd "$(dirname "$0")/.." || exit 1
skep=${1:-build}/skep
most=3000000 # bytes
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0

fail() {
	echo "binary: $*" >&2
	failed=1
}

strip -o "$work/skep" "$skep" || exit 1
size=$(wc -c <"$work/skep")
[ "$size" -le $most ] || fail "$skep has $size bytes stripped, more than $most"
! grep -qaF "$(pwd -P)" "$work/skep" || fail "$skep names the folder in which it was made"
[ $failed = 0 ] && echo "$skep: $size bytes stripped"
exit $failed
