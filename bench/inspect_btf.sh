#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Measures skep btf side by side with the bpftool that is installed, turn by turn, N rounds, medians:
#
#	bench/inspect_btf.sh [-n ROUNDS]
#
# A ratio says how many times better skep is; a bar is a share of what bpftool needs in the same run.
set -u
cd "$(dirname "$0")/.." || exit 1

# row|what|unit|digits|less or more is better|bar: a number, or *SHARE of bpftool
rows() {
	cat <<-'END'
	btf-c|btf dump of the kernel, as C|ms|2|less|*1
	btf-c-cpu|the same, processor time|ms|2|less|*1
	btf-raw|btf dump of the kernel, as it lies there|ms|2|less|
	btf-json|the same as JSON|ms|2|less|
	END
}

rounds=7
while getopts n:h option; do
	case $option in
	n) rounds=$OPTARG ;;
	h) echo "usage: bench/inspect_btf.sh [-n ROUNDS]" && exit 0 ;;
	*) echo "usage: bench/inspect_btf.sh [-n ROUNDS]" >&2 && exit 2 ;;
	esac
done

build=build
kernel=/sys/kernel/btf/vmlinux
[ -r $kernel ] || { echo "bench: this kernel has no BTF" >&2 && exit 1; }
[ -x $build/skep ] || { echo "bench: build skep first" >&2 && exit 1; }
peer=$(command -v bpftool) || echo "bench: bpftool is not installed: no ratios" >&2
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
samples=$work/samples
: >"$samples"

put() { # row, tool, nanoseconds
	awk -v row="$1" -v tool="$2" -v ns="$3" \
		'BEGIN { printf "%s\t%s\t%.6f\n", row, tool, ns / 1e6 }' >>"$samples"
}

# Runs a command and puts how long it took; with a row for processor time, that, too.
sample() { # row, row of processor time or -, tool, command...
	row=$1 cpu_row=$2 tool=$3
	shift 3
	begin=$(date +%s%N)
	# The shell adds up what its children took: there is one.
	cpu=$({ "$@" >/dev/null && times; } | awk 'NR == 2 { split($0, t, /[ms ]+/); printf "%.0f", (t[1] * 60 + t[2] + t[3] * 60 + t[4]) * 1e9 }')
	end=$(date +%s%N)
	put "$row" "$tool" $((end - begin))
	[ "$cpu_row" = - ] || put "$cpu_row" "$tool" "$cpu"
}

round() {
	sample btf-c btf-c-cpu skep $build/skep btf dump file $kernel format c
	[ -z "$peer" ] || sample btf-c btf-c-cpu bpftool "$peer" btf dump file $kernel format c
	sample btf-raw - skep $build/skep btf dump file $kernel
	[ -z "$peer" ] || sample btf-raw - bpftool "$peer" btf dump file $kernel
	sample btf-json - skep $build/skep btf dump file $kernel -j
	[ -z "$peer" ] || sample btf-json - bpftool "$peer" -j btf dump file $kernel
}

begun=$(date +%s)
for _ in $(seq "$rounds"); do
	round
done
rows >"$work/rows"
title="kernel $(uname -r), $(nproc) CPUs, medians of $rounds rounds, $(($(date +%s) - begun)) s"
awk -F '\t' -v title="$title" -v other=bpftool -v page=/dev/null \
	-v peer="$([ -z "$peer" ] || bpftool version | sed -n '1s/ v/ /p')" \
	-f bench/table.awk "$work/rows" "$samples"
