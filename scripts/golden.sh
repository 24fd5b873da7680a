#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Compares what the compiler makes of tests/golden/NAME.bt with tests/golden/NAME.bpf, which --write
# renews instead, so that a change of the compiler shows what it does to the programs:
#
#	scripts/golden.sh BUILD [--write]
set -u
cd "$(dirname "$0")/.." || exit 1
build=$1
write=${2-}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0

for script in tests/golden/*.bt; do
	golden=${script%.bt}.bpf
	if ! "$build/skep" -d bpf "$script" >"$work/now" 2>"$work/errors"; then
		if grep -q "tracepoints may not be read" "$work/errors"; then
			echo "skipped $script: $(sed -n 's/^[^ ]* error: //p' "$work/errors")"
			skipped=$((skipped + 1))
			continue
		fi
		echo "$script: does not compile"
		cat "$work/errors"
		failed=$((failed + 1))
	elif
		# Where a task keeps its name differs from kernel to kernel.
		sed -i -E 's/(\(r[0-9]) \+[0-9]{4}\)/\1 +comm)/' "$work/now"
		diff -u "$golden" "$work/now" >"$work/diff" 2>&1; then
		passed=$((passed + 1))
	else
		cat "$work/diff"
		if [ "$write" = --write ]; then
			cp "$work/now" "$golden"
			passed=$((passed + 1))
		else
			failed=$((failed + 1))
		fi
	fi
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
