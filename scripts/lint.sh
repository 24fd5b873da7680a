#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The rules that a machine can judge, a line for each violation: which room may include which, how
# long files are, licence lines, include guards, headers that compile by themselves, the format, tables in
# documents.
set -u
cd "$(dirname "$0")/.." || exit 1

# A room, and after the arrow those that it may include beside base and itself; * means any.
layers='
base ->
isa ->
btf -> isa
object -> isa btf
probe -> isa btf
lang -> isa btf probe
gen -> isa btf object probe lang
verify -> isa btf object
engine -> isa object
machine -> isa btf object verify engine
kernel -> isa btf object probe engine
source -> probe machine
session -> isa btf object probe engine
net -> isa btf object kernel bpf
inspect -> isa btf object engine kernel net bpf
host -> isa btf object probe kernel bpf
cmd -> *
main -> cmd
'
# What takes long, formats and headers by themselves, is not looked at again in files older than the last run that found nothing.
stamp=build/lint.stamp
found=$(mktemp -d) || exit 1
trap 'rm -rf "$found"' EXIT

sources=$(find src tests fuzz bench bpf include examples -name '*.[ch]' -o -name '*.def' 2>/dev/null | sort)
headers=$(echo "$sources" | grep '^src/.*\.h$')
newer() { # those of standard input that are
	if [ ! -e "$stamp" ] || [ scripts/lint.sh -nt "$stamp" ] || [ .clang-format -nt "$stamp" ]; then
		cat
	else
		while read -r file; do
			[ ! "$file" -nt "$stamp" ] || echo "$file"
		done
	fi
}
touch "$found/begun"
scripts=$(find scripts bench .ci -type f \( -name '*.sh' -o -name run \) 2>/dev/null | sort)

# shellcheck disable=SC2086 # lists of files are words
{
	awk -v layers="$layers" '
	function complain(text) { print FILENAME ":" FNR ": " text }
	BEGIN {
		n = split(layers, rows, "\n")
		for (i = 1; i <= n; i++) {
			m = split(rows[i], words, " ")
			for (j = 1; j <= m; j++)
				if (j != 2)
					may[words[1], words[j]] = 1
			if (m)
				known[words[1]] = may[words[1], "base"] = 1
		}
	}
	FNR == 1 {
		room = FILENAME
		inside = sub(/^src\//, "", room)
		sub(/[\/.].*/, "", room)
		if (inside && !(room in known))
			complain("room " room " has no row in the layers of scripts/lint.sh")
		if ($0 !~ /SPDX-License-Identifier: GPL-2\.0-or-later/)
			complain("the first line must be the SPDX one")
		guard = ""
	}
	FILENAME ~ /^src\/.*\.h$/ && /^#ifndef/ && !guard {
		guard = $2
		want = FILENAME
		sub(/^src\//, "", want)
		gsub(/[\/.]/, "_", want)
		if (guard != toupper(want))
			complain("the include guard must be " toupper(want))
	}
	inside && /^#[ \t]*include[ \t]*"/ {
		split($0, quoted, "\"")
		other = quoted[2]
		if (!sub(/\/.*/, "", other) || other ~ /^\./)
			complain("an include must be rooted: " quoted[2])
		else if (!((room, other) in may) && !((room, "*") in may))
			complain(room " must not include " other ": " quoted[2])
		# The compiler looks beside the file first.
		beside = FILENAME
		sub(/[^\/]*$/, quoted[2], beside)
		if (beside != "src/" quoted[2] && (getline text <beside) >= 0)
			complain(beside " hides " quoted[2])
		close(beside)
	}
	inside && FNR == 1001 { complain("longer than 1,000 lines") }
	inside && FNR == 701 { print FILENAME ":" FNR ": warning: longer than 700 lines" }
	' $sources

	grep -L '^#ifndef' $headers | sed 's/$/:1: no include guard/'
	for script in $scripts; do
		sed -n 2p "$script" | grep -q 'SPDX-License-Identifier: GPL-2.0-or-later' ||
			echo "$script:2: the second line must be the SPDX one"
	done
	printf '%s\n' $headers | newer | xargs -r -P "$(nproc)" -n 8 sh -c '
		for header; do
			${CC:-gcc} -std=gnu17 -D_GNU_SOURCE -Isrc -I. -fsyntax-only -x c "$header" 2>&1 |
				grep -m 1 -E ": (fatal )?error: " | sed "s/^/does not compile by itself: /"
		done' sh
} >"$found/all"

# Another version formats some things otherwise, so only one can judge.
if clang-format --version 2>/dev/null | grep -q 'version 14\.'; then
	# shellcheck disable=SC2086
	printf '%s\n' $sources | grep -v '\.def$' | newer | xargs -r -P "$(nproc)" -n 64 clang-format --dry-run -Werror 2>&1 |
		sed -n "s/ error: code should be clang-formatted.*/ not in the format: make format/p" |
		awk -F : '!seen[$1]++' >>"$found/all"
else
	echo "lint: format not checked: there is no clang-format 14"
fi

scripts/helpers.sh --check >>"$found/all"

cat "$found/all"
! grep -qv ': warning: ' "$found/all" || exit 1
[ ! -d build ] || mv "$found/begun" "$stamp"
