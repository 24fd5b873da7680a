#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Puts what `make bench` and `make bench-machine` measured, build/bench.md, build/bench-accel.md and
# build/bench-machine.md, into the README, each between its two comments. What was not measured stays as it is.
set -eu
cd "$(dirname "$0")/.."

put() { # name
	measured=build/$1.md
	[ -s "$measured" ] || return 0
	[ "$(grep -c "^<!-- $1:\(begin\|end\) -->\$" README.md)" = 2 ] ||
		{ echo "docs: README.md has no place for $1" >&2; exit 1; }
	awk -v measured="$measured" -v name="$1" '
		$0 == "<!-- " name ":begin -->" {
			print
			while ((getline line <measured) > 0)
				print line
			inside = 1
			next
		}
		$0 == "<!-- " name ":end -->" { inside = 0 }
		!inside' README.md >README.md.new
	mv README.md.new README.md
}

[ -s build/bench.md ] || [ -s build/bench-accel.md ] || [ -s build/bench-machine.md ] || { echo "docs: nothing was measured: run make bench" >&2; exit 1; }
put bench
put bench-accel
put bench-machine
