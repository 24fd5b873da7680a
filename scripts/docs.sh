#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Puts what `make bench` measured, build/bench.md, into the README, between its two bench comments.
set -eu
cd "$(dirname "$0")/.."
measured=${1:-build/bench.md}

[ -s "$measured" ] || { echo "docs: there is no $measured: run make bench" >&2; exit 1; }
[ "$(grep -c '^<!-- bench:\(begin\|end\) -->$' README.md)" = 2 ] ||
	{ echo "docs: README.md has no place for it" >&2; exit 1; }
awk -v measured="$measured" '
	/^<!-- bench:begin -->$/ {
		print
		while ((getline line <measured) > 0)
			print line
		inside = 1
	}
	/^<!-- bench:end -->$/ { inside = 0 }
	!inside && !/^<!-- bench:begin -->$/' README.md >README.md.new
mv README.md.new README.md
