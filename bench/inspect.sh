#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Measures what looks at the running kernel side by side with the bpftool that is installed, turn by turn, N rounds, medians:
#
#	bench/inspect.sh [-n ROUNDS] [ROW...]
#
# A ratio says how many times better skep is; a bar is a share of what bpftool needs in the same run.
set -u
cd "$(dirname "$0")/.." || exit 1

# row|what|unit|digits|less or more is better|bar: a number, or *SHARE of bpftool
rows() {
	cat <<-'END'
	prog-json|prog show, 300 programs, with pids, JSON|ms|2|less|*0.5
	prog-text|prog show, 300 programs, with pids, text|ms|2|less|*0.5
	prog-alone|prog show, 300 programs, without pids, JSON|ms|2|less|
	dump-xlated|prog dump xlated of a program with 3 functions|ms|2|less|
	END
}

usage() {
	echo "usage: bench/inspect.sh [-n ROUNDS] [ROW...]"
	rows | awk -F '|' '{ printf "  %-20s %s\n", $1, $2 }'
}

rounds=7
while getopts n:h option; do
	case $option in
	n) rounds=$OPTARG ;;
	h) usage && exit 0 ;;
	*) usage >&2 && exit 2 ;;
	esac
done
shift $((OPTIND - 1))
wanted=$*

build=build
holder=$build/tests/manyprogs
object=$build/tests/object/live.o
make -s $build/skep $holder $object >/dev/null || exit 1
[ "$(id -u)" = 0 ] || {
	echo "bench: only root may look at all programs" >&2
	exit 1
}
peer=$(command -v bpftool) || echo "bench: bpftool is not installed: no ratios" >&2

work=$(mktemp -d) || exit 1
pins=/sys/fs/bpf/skep_bench_$$
holder_pid=
leave() {
	exec 3>&-
	[ -z "$holder_pid" ] || wait "$holder_pid"
	rm -rf "$work" $pins
}
trap leave EXIT
trap 'exit 130' INT TERM
samples=$work/samples
: >"$samples"

wants() { # row
	[ -n "$wanted" ] || return 0
	for name in $wanted; do
		case $1 in "$name"*) return 0 ;; esac
	done
	return 1
}

# Runs a command some times, and puts how long it took each time, in milliseconds.
sample() { # row, tool, command...
	row=$1 tool=$2
	shift 2
	begin=$(date +%s%N)
	for _ in 1 2 3 4 5 6 7 8; do
		"$@" >/dev/null 2>"$work/err" || {
			echo "bench: $row: $tool failed: $(tail -n 1 "$work/err")" >&2
			return
		}
	done
	end=$(date +%s%N)
	awk -v row="$row" -v tool="$tool" -v ns=$((end - begin)) \
		'BEGIN { printf "%s\t%s\t%.6f\n", row, tool, ns / 8e6 }' >>"$samples"
}

# The same words for both, which each may add to.
pair() { # row, words of skep, words of bpftool
	wants "$1" || return 0
	# shellcheck disable=SC2086 # words
	sample "$1" skep $build/skep $2
	# shellcheck disable=SC2086 # words
	[ -z "$peer" ] || sample "$1" bpftool "$peer" $3
}

# ---- what is measured: a function makes what it needs, one measures a round

set_up_prog() {
	mkfifo "$work/hold"
	$holder 300 <"$work/hold" >"$work/ready" &
	holder_pid=$!
	exec 3>"$work/hold"
	until grep -q ready "$work/ready"; do sleep 0.1; done
	$build/skep prog load $object $pins || exit 1
}

round_prog() {
	pair prog-json "prog show -j" "-j prog show"
	pair prog-text "prog show" "prog show"
	pair prog-alone "prog show -j --no-pids" "-j prog show"
	pair dump-xlated "prog dump xlated pinned $pins" "prog dump xlated pinned $pins"
}

set_up_prog
begun=$(date +%s)
for i in $(seq "$rounds"); do
	[ ! -t 2 ] || printf '\rround %d of %d ' "$i" "$rounds" >&2
	round_prog
done
[ ! -t 2 ] || printf '\r                  \r' >&2

title="kernel $(uname -r), $(nproc) CPUs, medians of $rounds rounds, $(($(date +%s) - begun)) s"
page=$build/bench-inspect.md
[ -z "$wanted" ] || page=/dev/null
rows | while IFS='|' read -r row rest; do
	! wants "$row" || printf '%s|%s\n' "$row" "$rest"
done >"$work/rows"
awk -F '\t' -v title="$title" -v other=bpftool -v page="$page" \
	-v peer="$([ -z "$peer" ] || bpftool version | sed -n '1s/ v/ /p')" \
	-f bench/table.awk "$work/rows" "$samples"
