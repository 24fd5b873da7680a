#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The kernel's own cases for its verifier, judged by ours and by the running kernel's: scripts/selftests.sh gets them,
# tests/selftests/judge.c compares; as of a loader with privilege, and of one without. Needs root, as programs are loaded.
#
#	scripts/check-selftests.sh [BUILD [TEXT]]		(default: build; only programs with TEXT in "file:name")
set -u
cd "$(dirname "$0")/.." || exit 1
build=${1-build}
filter=${2-}
objects=${SELFTESTS_DIR:-$PWD/build/selftests}/object

scripts/selftests.sh || exit 1
judge() { # bar, arguments
	bar=$1
	shift
	"$build/selftests-judge" ${filter:+-f "$filter"} -b "$bar" "$@"
}
status=0
judge 95 tests/selftests/differences "$objects"/verifier_*.o || status=1
echo "without privilege"
judge 95 -u tests/selftests/differences "$objects"/verifier_*.o || status=1
# The other files are about what is newer, and partly about functions that only modules of tests have.
# shellcheck disable=SC2046 # names of files are words
judge 90 tests/selftests/differences $(find "$objects" -name '*.o' ! -name 'verifier_*' | sort) || status=1
exit $status
