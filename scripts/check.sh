#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs all tests on what was built in a folder and adds up their counts:
#
#	scripts/check.sh build|build/asan
#
# A part that runs many tests ends with a line of counts; one that does not is one test by itself.
set -u
cd "$(dirname "$0")/.." || exit 1
build=${1:-build}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0

part() { # name, command...
	echo "== $1"
	shift
	{
		"$@" 2>&1
		echo $? >"$work/status"
	} | tee "$work/log"
	status=$(cat "$work/status")
	counts=$(tail -n 1 "$work/log" |
		sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped$/\1 \2 \3/p')
	if [ -n "$counts" ]; then
		# shellcheck disable=SC2086 # three numbers
		set -- $counts
	elif [ "$status" = 0 ]; then
		set -- 1 0 0
	else
		set -- 0 1 0
	fi
	# A part that failed without a failed test is itself one that failed.
	[ "$status" = 0 ] || [ "$2" != 0 ] || set -- "$1" 1 "$3"
	passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
}

[ "$build" != build ] || part lint scripts/lint.sh
[ "$build" != build ] || part binary scripts/check-binary.sh "$build"
part unit "$build/unit"
[ ! -x "$build/runner" ] || part script env SKEP="$build/skep" "$build/runner" tests/script
part accel env SKEP="$build/skep" "$build/accel-test"
[ -z "$(ls tests/golden/*.bt 2>/dev/null)" ] || part golden scripts/golden.sh "$build"
part docs scripts/check-docs.sh "$build"

echo "== all"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
