#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Puts what `make bench`, `make bench-machine` and `make bench-inspect` measured, build/bench*.md, into the documents, each between
# its two comments. What was not measured stays as it is.
set -eu
cd "$(dirname "$0")/.."

put() { # name, document
	measured=build/$1.md
	[ -s "$measured" ] || return 0
	[ "$(grep -c "^<!-- $1:\(begin\|end\) -->\$" "$2")" = 2 ] ||
		{ echo "docs: $2 has no place for $1" >&2; exit 1; }
	awk -v measured="$measured" -v name="$1" '
		$0 == "<!-- " name ":begin -->" {
			print
			while ((getline line <measured) > 0)
				print line
			inside = 1
			next
		}
		$0 == "<!-- " name ":end -->" { inside = 0 }
		!inside' "$2" >"$2.new"
	mv "$2.new" "$2"
}

ls build/bench*.md >/dev/null 2>&1 || { echo "docs: nothing was measured: run make bench" >&2; exit 1; }
put bench README.md
put bench-accel README.md
put bench-machine README.md
put bench-inspect docs/inspect.md
