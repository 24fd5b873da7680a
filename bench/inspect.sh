#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Measures what looks at the running kernel side by side with the bpftool that is installed, turn by turn, N rounds, medians:
#
#	bench/inspect.sh [-n ROUNDS] [ROW...]		ENTRIES=1000000: of the hash that is dumped
#
# A ratio says how many times better skep is; a bar is a share of what bpftool needs in the same run, or a number. Time is that of
# processors, which other work on the machine disturbs least; both tools are single processes that do not wait.
set -u
cd "$(dirname "$0")/.." || exit 1

# row|what|unit|digits|less or more is better|bar: a number, or *SHARE of bpftool
rows() {
	cat <<-'END'
	prog-json|prog show, 300 programs, JSON; skep with pids|ms|2|less|*0.5
	prog-text|the same, text|ms|2|less|*0.5
	prog-alone|the same, JSON, without pids|ms|2|less|
	prog-xlated|prog dump xlated, 3 functions, with pins and lines|ms|2|less|
	map-bytes-text|map dump of a hash, bytes, text|ms|0|less|*0.333
	map-bytes-json|the same, JSON|ms|0|less|*0.333
	map-types-text|map dump of a hash, with types, text|ms|0|less|*0.333
	map-types-json|the same, JSON|ms|0|less|*0.333
	map-rss|most memory that these take|MiB|1|less|
	btf-c|btf dump of the kernel as C|ms|1|less|*1
	btf-size|bytes of it|KB|0|less|
	btf-raw|btf dump of the kernel as it lies there|ms|1|less|
	btf-json|the same, JSON|ms|1|less|
	feature|feature probe, all of it, JSON|ms|0|less|*1
	min-btf|types of the kernel that an object needs|ms|1|less|*1
	top-cpu|top, a table each second, 100 programs: share of a CPU|%|2|less|0.5
	END
}

usage() {
	echo "usage: bench/inspect.sh [-n ROUNDS] [ROW...]"
	echo "A ROW is the name of one, or what several begin with:"
	rows | awk -F '|' '{ printf "  %-20s %s\n", $1, $2 }'
}

rounds=5
while getopts n:h option; do
	case $option in
	n) rounds=$OPTARG ;;
	h) usage && exit 0 ;;
	*) usage >&2 && exit 2 ;;
	esac
done
shift $((OPTIND - 1))
wanted=$*
for name in $wanted; do
	rows | grep -q "^$name" || {
		echo "bench: there is no row '$name'" >&2
		usage >&2
		exit 2
	}
done
wants() { # row: it, or one that begins so
	[ -n "$wanted" ] || return 0
	for name in $wanted; do
		case $1 in "$name"*) return 0 ;; esac
		case $name in "$1"*) return 0 ;; esac
	done
	return 1
}

build=build
skep=$build/skep meter=$build/bench/meter
object=$build/tests/object/live.o relocated=$build/tests/object/core.o
kernel=/sys/kernel/btf/vmlinux
make -s $skep $meter $build/tests/manyprogs $build/tests/bpfmap $object $relocated >/dev/null || exit 1
[ "$(id -u)" = 0 ] || {
	echo "bench: only root may look at all of the kernel's objects" >&2
	exit 1
}
peer=$(command -v bpftool) || echo "bench: bpftool is not installed: no ratios, and only absolute bars" >&2

work=$(mktemp -d) || exit 1
pins=/sys/fs/bpf/skep_bench_$$
holders=
leave() {
	exec 3>&- 4>&-
	for pid in $holders; do wait "$pid"; done
	rm -rf "$work" $pins ${pins}_map
}
trap leave EXIT
trap 'exit 130' INT TERM
samples=$work/samples
: >"$samples"

put() { printf '%s\t%s\t%s\n' "$1" "$2" "$3" >>"$samples"; }
calc() { awk "BEGIN { printf \"%.6f\", ($1) }"; }

# So many runs of a command: leaves their mean in $ms and $mib.
spend() { # row, tool, times, command...
	row=$1 tool=$2 times=$3
	shift 3
	result=$($meter run -n "$times" -o "$work/out" -e "$work/err" "$@" 2>/dev/null) || {
		echo "bench: $row: $tool failed: $(tail -n 1 "$work/err")" >&2
		return 1
	}
	# shellcheck disable=SC2086 # three numbers
	set -- $result
	ms=$(calc "$2 / 1e6") mib=$(calc "$3 / 1024")
}

# The same by both, with the words of each.
pair() { # row, times, words of skep, words of bpftool
	wants "$1" || return 1
	# shellcheck disable=SC2086 # words
	spend "$1" skep "$2" $skep $3 && put "$1" skep "$ms" && put "$1-rss" skep "$mib" && cp "$work/out" "$work/ours"
	# shellcheck disable=SC2086 # words
	[ -z "$peer" ] || { spend "$1" bpftool "$2" "$peer" $4 && put "$1" bpftool "$ms" && put "$1-rss" bpftool "$mib"; }
}

# Programs that stay until descriptor $2 is closed.
hold() { # how many, descriptor
	mkfifo "$work/hold$2"
	$build/tests/manyprogs "$1" <"$work/hold$2" >"$work/ready$2" &
	holders="$holders $!"
	eval "exec $2>\"$work/hold$2\""
	until grep -q ready "$work/ready$2"; do sleep 0.1; done
}

round_prog() {
	pair prog-json 4 "prog show -j" "-j prog show"
	pair prog-text 4 "prog show" "prog show"
	pair prog-alone 4 "prog show -j --no-pids" "-j prog show"
	pair prog-xlated 4 "prog dump xlated pinned $pins" "prog dump xlated pinned $pins"
}

round_map() {
	for kind in bytes types; do
		wants "map-$kind" || wants map-rss || continue
		rm -f ${pins}_map
		$build/tests/bpfmap fill ${pins}_map "${ENTRIES:-1000000}" $kind || return
		pair map-$kind-text 1 "map dump pinned ${pins}_map" "map dump pinned ${pins}_map"
		pair map-$kind-json 1 "map dump pinned ${pins}_map -j" "-j map dump pinned ${pins}_map"
	done
	sed -n 's/^map-[a-z]*-[a-z]*-rss/map-rss/p' "$samples" >"$work/rss" && cat "$work/rss" >>"$samples"
}

round_btf() {
	if pair btf-c 1 "btf dump file $kernel format c" "btf dump file $kernel format c"; then
		put btf-size skep "$(calc "$(stat -c %s "$work/ours") / 1000")"
		[ -z "$peer" ] || put btf-size bpftool "$(calc "$(stat -c %s "$work/out") / 1000")"
	fi
	pair btf-raw 1 "btf dump file $kernel" "btf dump file $kernel"
	pair btf-json 1 "btf dump file $kernel -j" "-j btf dump file $kernel"
}

round_feature() {
	pair feature 1 "feature -j" "-j feature probe"
	pair min-btf 1 "gen min_btf $kernel $work/min $relocated" "gen min_core_btf $kernel $work/min $relocated"
}

round_top() {
	wants top-cpu || return
	spend top-cpu skep 1 $skep top -n 5 && put top-cpu skep "$(calc "$ms / 5000 * 100")"
}

held=0
wants top && hold 100 4 && held=100
begun=$(date +%s)
for i in $(seq "$rounds"); do
	[ ! -t 2 ] || printf '\rround %d of %d ' "$i" "$rounds" >&2
	round_top
	round_btf
	round_feature
done
if wants prog; then
	hold $((300 - held)) 3
	$skep prog load $object $pins || exit 1
fi
for i in $(seq "$rounds"); do
	[ ! -t 2 ] || printf '\rround %d of %d ' "$i" "$rounds" >&2
	round_prog
	round_map
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
