#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Measures skep side by side with the bpftrace that is installed: the same scripts (bench/scripts), turn by turn,
# N rounds, medians. Shows a table; a run of all rows writes it as Markdown to build/bench.md for the README, too.
#
#	bench/run.sh [-n ROUNDS] [ROW...]
#
# A ratio says how many times better skep is. A bar is absolute, or a share of what bpftrace needs in the same run (1, or what
# bpftrace 0.27 needed where both were measured beside each other and it needed less), or the larger of both: times to start
# were set where bpftrace 0.17 needed 34, 38, 139 and 663 ms, and a slower machine gives both the same share more.
# What the machine alone takes, an empty program in its place, is in the table, too.
set -u
cd "$(dirname "$0")/.." || exit 1

# row|what|unit|digits|less or more is better|bar: a number, *SHARE of bpftrace, or both: 2*0.0588
rows() {
	cat <<-'END'
	size|binary and all libraries it needs, stripped|MiB|2|less|3
	start-begin|exec to first event: BEGIN|ms|1|less|2*0.0588
	start-tracepoint|exec to first event: 1 tracepoint|ms|1|less|4*0.105
	start-opensnoop|exec to first event: opensnoop|ms|1|less|8*0.0576
	start-tcplife|exec to first event: tcplife with BTF casts|ms|1|less|25*0.0377
	start-nothing|an empty static program in its place|ms|1|less|
	attached-begin|exec to attached, by its own word: BEGIN|ms|1|less|
	attached-tracepoint|exec to attached, by its own word: 1 tracepoint|ms|1|less|
	attached-opensnoop|exec to attached, by its own word: opensnoop|ms|1|less|
	attached-tcplife|exec to attached, by its own word: tcplife|ms|1|less|
	leave-signal|from Ctrl-C to the end, 1 tracepoint|ms|1|less|
	leave-exit|from the event that calls exit() to the end|ms|1|less|
	leave-kernel|what the kernel alone needs to detach that|ms|1|less|
	beyond-signal|leaving beyond the kernel's share: Ctrl-C|ms|1|less|5
	beyond-exit|leaving beyond the kernel's share: exit()|ms|1|less|5
	rss-tracepoint|peak RSS: 1 tracepoint|MiB|1|less|3
	rss-tcplife|peak RSS: tcplife with BTF casts|MiB|1|less|16
	insns-count|instructions: `@ = count()`||0|less|*1
	insns-comm|instructions: `@[comm] = count()`||0|less|*1
	insns-hist|instructions: `hist(args.ret)`||0|less|*1
	insns-latency|instructions: enter/exit latency||0|less|*1
	insns-printf|instructions: opensnoop printf + str||0|less|*1
	insns-kstack|instructions: `@[kstack] = count()`||0|less|*1
	ns-nothing|an event: an empty program|ns|0|less|
	ns-count|an event: `@ = count()`|ns|0|less|*0.929
	ns-comm|an event: `@[comm] = count()`|ns|0|less|*0.679
	ns-hist|an event: `hist(args.ret)`|ns|0|less|*0.638
	ns-latency|an enter and exit pair: latency|ns|0|less|*0.918
	ns-printf|an event: opensnoop printf + str|ns|0|less|*1
	ns-kstack|an event: `@[kstack] = count()`|ns|0|less|*1
	flood|printf flood of 1M events, written|1/s|0|more|500000
	flood-lost|the same: lost and reported|%|1|less|
	flood-silent|the same: produced, but neither written nor reported||0|less|0
	END
}

usage() {
	echo "usage: bench/run.sh [-n ROUNDS] [ROW...]"
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

build=build
meter=$build/bench/meter
scripts=bench/scripts
make -s $build/skep $meter >/dev/null || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
samples=$work/samples
: >"$samples"

[ "$(id -u)" = 0 ] || {
	echo "bench: only root may trace" >&2
	exit 1
}
[ -e /sys/kernel/tracing/events ] || mount -t tracefs tracefs /sys/kernel/tracing || exit 1
peer=$(command -v bpftrace) || echo "bench: bpftrace is not installed: no ratios, and only absolute bars" >&2
tools="skep${peer:+ bpftrace}"
path_of() {
	if [ "$1" = skep ]; then echo $build/skep; else echo "$peer"; fi
}

# Whether any of these rows is wanted: all are when none was named.
wanted=$*
wants() {
	[ -n "$wanted" ] || return 0
	for row; do
		for name in $wanted; do
			case $row in "$name"*) return 0 ;; esac
			case $name in "$row"*) return 0 ;; esac
		done
	done
	return 1
}
for name in $wanted; do
	rows | grep -q "^$name" || {
		echo "bench: there is no row '$name'" >&2
		usage >&2
		exit 2
	}
done

# Row, tool, number. With a = after the tool it is a text, which is shown instead of the median.
put() { printf '%s\t%s\t%s\n' "$1" "$2" "$3" >>"$samples"; }
calc() { awk "BEGIN { printf \"%.6f\", ($1) }"; }
failed() { # row, tool
	echo "bench: $1: $2 failed: $(tail -n 1 "$work/err")" >&2
}

# skep leaves closing what is detached to a process of that name, and it would be in the next one's way.
settle() {
	for _ in $(seq 100); do
		pgrep -x skep-detach >/dev/null || return 0
		sleep 0.05
	done
}

measure_size() {
	cp $build/skep "$work/skep" && strip "$work/skep"
	put size skep "$(calc "$(stat -c %s "$work/skep") / 1048576")"
	[ -n "$peer" ] || return 0
	{ echo "$peer"; ldd "$peer" | awk '$2 == "=>" { print $3 } $1 ~ /^\// { print $1 }'; } |
		xargs -d '\n' stat -L -c %s | awk '{ n += $1 } END { printf "size\tbpftrace\t%.6f\n", n / 1048576 }' >>"$samples"
}

measure_start() { # script, load, tool
	settle
	result=$($meter start ${2:+-l "$2" -r 20} -e "$work/err" "$(path_of "$3")" $scripts/"$1".bt) || {
		failed "start-$1" "$3"
		return
	}
	# shellcheck disable=SC2086 # four numbers
	set -- $1 $3 $result
	put "start-$1" "$2" "$(calc "$4 / 1e6")"
	[ "$3" = 0 ] || put "attached-$1" "$2" "$(calc "$3 / 1e6")"
	put "rss-$1" "$2" "$(calc "$6 / 1024")"
	[ "$1" != tracepoint ] || leave signal "$2" "$5"
}

# The kernel's share is that of the same round. It may be more than all that a tool took: then nothing is beyond it.
kernel=0
leave() { # how, tool, ns
	put "leave-$1" "$2" "$(calc "$3 / 1e6")"
	put "beyond-$1" "$2" "$(calc "$3 > $kernel ? ($3 - $kernel) / 1e6 : 0")"
}

measure_kernel() {
	settle
	kernel=$($meter detach syscalls:sys_enter_openat)
	for tool in $tools; do put leave-kernel "$tool" "$(calc "$kernel / 1e6")"; done
}

# What any program takes to start is the same for all tools.
measure_nothing() {
	# shellcheck disable=SC2046 # four numbers
	set -- $($meter start "$meter" idle x)
	for tool in $tools; do put start-nothing "$tool" "$(calc "${2:-0} / 1e6")"; done
}

measure_exit() { # tool
	settle
	if result=$($meter start -x -l open -r 20 -e "$work/err" "$(path_of "$1")" $scripts/exit.bt); then
		# shellcheck disable=SC2086 # four numbers
		set -- $1 $result
		leave exit "$1" "$4"
	else
		failed leave-exit "$1"
	fi
}

measure_cost() { # script, load, tool
	settle
	# shellcheck disable=SC2086 # the load may have options
	if $meter cost -l $2 -e "$work/err" "$(path_of "$3")" $scripts/"$1".bt >"$work/cost"; then
		awk -v row="$1" -v tool="$3" '
			{ insns += $2; ns += $3; each = each (NR > 1 ? "+" : "") $2 }
			END {
				printf "insns-%s\t%s\t%s\nns-%s\t%s\t%s\n", row, tool, insns, row, tool, ns
				if (NR > 1)
					printf "insns-%s\t%s=\t%s\n", row, tool, each
			}' "$work/cost" >>"$samples"
	else
		failed "ns-$1" "$3"
	fi
}

# What the script counted is all there was; what was lost must have been told.
measure_flood() { # tool
	settle
	ns=$($meter flood -n 500000 -o "$work/out" -e "$work/err" "$(path_of "$1")" $scripts/flood.bt) || {
		failed flood "$1"
		return
	}
	awk -v tool="$1" -v ns="$ns" '
		/^[0-9]+ [0-9]+$/ { written++ }
		/^Lost [0-9]+ events/ { lost += $2 }
		/^@produced: / { produced = $2 }
		END {
			printf "flood\t%s\t%.0f\n", tool, written / (ns / 1e9)
			printf "flood-lost\t%s\t%.3f\n", tool, produced ? 100 * lost / produced : 0
			printf "flood-silent\t%s\t%.0f\n", tool, produced - written - lost
		}' "$work/out" "$work/err" >>"$samples"
}

start_rows() { echo "start-$1 attached-$1 rss-$1"; }

# A row's tools follow each other at once, so that what else the machine does meets both.
round() {
	wants leave- beyond- && measure_kernel
	for pair in begin: tracepoint:open opensnoop:open tcplife:tcp; do
		script=${pair%:*}
		more=
		[ "$script" != tracepoint ] || more="leave-signal beyond-signal"
		# shellcheck disable=SC2046,SC2086 # lists of rows
		wants $(start_rows "$script") $more && each measure_start "$script" "${pair#*:}"
	done
	wants start-nothing && measure_nothing
	wants leave-exit beyond-exit && each measure_exit
	wants ns-nothing && each measure_cost nothing read
	for script in count comm hist latency kstack; do
		wants "insns-$script" "ns-$script" && each measure_cost $script read
	done
	wants insns-printf ns-printf && each measure_cost printf "open -r 20"
	wants flood flood-lost flood-silent && each measure_flood
}

each() { # what to do for each tool
	for tool in $tools; do "$@" "$tool"; done
}

wants size && measure_size
begun=$(date +%s)
for i in $(seq "$rounds"); do
	[ ! -t 2 ] || printf '\rround %d of %d ' "$i" "$rounds" >&2
	round
done
[ ! -t 2 ] || printf '\r                  \r' >&2

title="kernel $(uname -r), $(nproc) CPUs, medians of $rounds rounds, $(($(date +%s) - begun)) s"
version=$([ -z "$peer" ] || bpftrace --version | sed 's/.* v/ /')
page=$build/bench.md
[ -z "$wanted" ] || page=/dev/null
rows | while IFS='|' read -r row rest; do
	! wants "$row" || printf '%s|%s\n' "$row" "$rest"
done >"$work/rows"
awk -F '\t' -v title="$title" -v peer="bpftrace$version" -v page="$page" \
	-f bench/table.awk "$work/rows" "$samples"
