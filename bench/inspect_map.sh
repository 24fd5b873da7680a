#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# skep map dump beside bpftool map dump: a hash of ENTRIES entries of 8 and 16 bytes, as text and JSON, with and without types.
#
#	bench/inspect_map.sh [BUILD]		ENTRIES=1000000 RUNS=5
#
# The two take turns; the table has medians, how many times as fast skep is, and the most memory that either took.
set -eu
cd "$(dirname "$0")/.."
build=${1:-build}
ENTRIES=${ENTRIES:-1000000} RUNS=${RUNS:-5}
command -v bpftool >/dev/null || { echo "bpftool is not installed" && exit 1; }
pin=/sys/fs/bpf/skep_bench_$$
work=$(mktemp -d)
trap 'rm -rf "$work" "$pin"' EXIT

measure() { # name, command...
	name=$1
	shift
	/usr/bin/time -f '%e %M' -o "$work/time" "$@" >/dev/null
	cat "$work/time" >>"$work/$name"
}

median() { # name
	sort -n "$work/$1" | awk '{ t[NR] = $1; if ($2 > most) most = $2 } END { print t[int((NR + 1) / 2)], most }'
}

printf '%-14s %10s %10s %8s %12s %12s\n' 'map dump' skep bpftool ratio 'skep KiB' 'bpftool KiB'
for kind in bytes types; do
	rm -f "$pin"
	"$build/tests/bpfmap" fill "$pin" "$ENTRIES" "$kind"
	for format in text json; do
		rm -f "$work/ours" "$work/theirs"
		i=0
		while [ "$i" -lt "$RUNS" ]; do
			measure ours "$build/skep" map dump pinned "$pin" -f "$format"
			if [ "$format" = json ]; then
				measure theirs bpftool -j map dump pinned "$pin"
			else
				measure theirs bpftool map dump pinned "$pin"
			fi
			i=$((i + 1))
		done
		echo "$kind $format $(median ours) $(median theirs)"
	done
done | awk '{ printf "%-14s %9.2fs %9.2fs %7.1fx %12d %12d\n", $1 " " $2, $3, $5, $5 / ($3 > 0 ? $3 : 0.01), $4, $6; fflush() }'
