#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The kernel's own cases for its verifier, judged by ours and by the running kernel's: scripts/selftests.sh gets them,
# tests/selftests/judge.c compares. Needs root, as programs are loaded.
#
#	scripts/check-selftests.sh [BUILD [TEXT]]		(default: build; only programs with TEXT in "file:name")
set -u
cd "$(dirname "$0")/.." || exit 1
build=${1-build}
filter=${2-}
objects=${SELFTESTS_DIR:-$PWD/build/selftests}/object

scripts/selftests.sh || exit 1
exec "$build/selftests-judge" ${filter:+-f "$filter"} tests/selftests/differences "$objects"/verifier_*.o
