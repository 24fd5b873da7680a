#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Compares what skep and bpftool tell of the same objects, field by field of their JSON, and checks the tables of fields in
# docs/inspect.md, or writes them:
#
#	scripts/inspect-fields.sh [--write] [PART...]
#
# Every field of bpftool's has to be in skep's JSON with the same value. A part is a function objects_PART that makes objects of its own
# and calls `compare`, and the lines of inspect-fields.list that say of each field what it is. SKEP names the binary (build/skep).
# shellcheck disable=SC2317 # the functions of parts are called by their names
set -u
cd "$(dirname "$0")/.." || exit 1
skep=$(realpath "${SKEP:-build/skep}")
progs=$(dirname "$skep")/tests
document=docs/inspect.md
list=scripts/inspect-fields.list
write=
[ "${1:-}" != --write ] || { write=1 && shift; }
[ $# -gt 0 ] || set -- prog map link net cgroup btf

for tool in bpftool jq; do
	command -v $tool >/dev/null || { echo "inspect-fields: $tool is not installed" >&2 && exit 1; }
done
work=$(mktemp -d) || exit 1
pins=/sys/fs/bpf/skep_fields_$$
cgroup=
pids=
within=
# shellcheck disable=SC2086 # numbers
trap 'exec 3>&-; [ -z "$pids" ] || wait $pids; rm -rf "$work" "$pins"; [ -z "$cgroup" ] || rmdir "$cgroup"' EXIT
trap 'exit 130' INT TERM HUP PIPE
mkdir "$pins" || exit 1
failed=0
fail() {
	echo "inspect-fields: $*" >&2
	failed=1
}

# Runs a command that says "ready", until this script ends. $! is its number.
hold() { # command...
	[ -p "$work/hold" ] || mkfifo "$work/hold"
	"$@" 3>&- <"$work/hold" >"$work/ready" &
	pids="$pids $!"
	exec 3>"$work/hold"
	until grep -q ready "$work/ready"; do
		kill -0 $! || { fail "$1 ended too early" && return; }
		sleep 0.1
	done
}

# From here on all looks at a network namespace of its own.
own_network() {
	hold unshare -n sh -c 'echo ready && exec cat'
	within="nsenter --net=/proc/$!/ns/net"
}

# Makes an object, whose number it does not tell.
make() { # what bpfobj.c takes
	$within "$progs/bpfobj" "$@" >/dev/null || fail "cannot make: $*"
}
skep() {
	$within "$skep" "$@" >/dev/null || fail "skep $* failed"
}

# Each value of a JSON file as a line: where it is, the same without numbers of elements, the value. Lists of ids have no order.
leaves() {
	jq -r 'walk(if type == "object" then with_entries(if .key | endswith("_ids") then .value |= sort else . end) else . end) |
		paths(. == [] or type != "object" and type != "array") as $p | [
		($p | map(tostring) | join(".")),
		([$p[] | if type == "number" then "[]" else . end] | join(".") | gsub("\\.\\[\\]"; "[]") | ltrimstr("[].")),
		(getpath($p) | tojson)] | @tsv' "$1"
}

# Adds the fields of an object to the part's. The words are those of one tool and of the other. bpftool has only the number of a type that
# is newer than itself, and takes large enumerators for negative ones.
compare() { # what, words of bpftool, words of skep
	# shellcheck disable=SC2086 # words
	$within bpftool -j $2 >"$work/a.json" || fail "$1: bpftool failed"
	# bpftool 7.1 forgets these braces.
	sed -i 's/"flow_dissector":\[\("id":[0-9]*\)]/"flow_dissector":[{\1}]/' "$work/a.json"
	# shellcheck disable=SC2086 # words
	$within "$skep" $3 -f json >"$work/b.json" || fail "$1: skep failed"
	leaves "$work/a.json" >"$work/a"
	leaves "$work/b.json" >"$work/b"
	[ -s "$work/a" ] || fail "$1: bpftool shows nothing"
	awk -F '\t' -v what="$1" '
		NR == FNR { mine[$1] = $3; next }
		!($1 in mine) { print what ": skep does not tell " $1 ", which is " $3; next }
		$2 == "type" && $3 ~ /^[0-9]+$/ && mine[$1] ~ /^"/ { next }
		$2 == "types[].values[].val" && $3 >= 2 ^ 63 && mine[$1] >= 2 ^ 31 { next }
		mine[$1] "" != $3 "" { print what ": " $1 " is " $3 ", skep tells " mine[$1] }' "$work/b" "$work/a" >"$work/differ"
	while read -r line; do fail "$line"; done <"$work/differ"
	awk -F '\t' '$3 != "[]" { print $2 }' "$work/a" >>"$work/theirs"
	awk -F '\t' '$3 != "[]" { print $2 }' "$work/b" >>"$work/mine"
}

# ---- programs

objects_prog() {
	hold "$progs/manyprogs" 1
	held=$("$skep" prog show name many_0 -j | jq --argjson pid $! 'if type == "array" then .[] else . end |
		select(any(.pids[]?; .pid == $pid)) | .id')
	compare "a program that is held" "prog show id $held" "prog show id $held"

	one="$pins/program"
	"$skep" prog load "$progs/object/live.o" "$one" || fail "cannot load a program"
	"$skep" prog profile "$one" duration 1 >/dev/null &
	profile=$!
	sleep 0.5
	"$skep" prog run "$one" data_in 0x000102030405060708090a0b0c0d repeat 100 >/dev/null
	wait "$profile"
	compare "a program that is pinned" "-f prog show pinned $one" "prog show pinned $one"
}

# ---- maps

objects_map() {
	mkdir "$pins/map"
	skep prog loadall "$progs/object/mapkinds.o" "$pins/map/progs" pinmaps "$pins/map/maps"
	skep prog run "$pins/map/progs/fill" data_in 0x000102030405060708090a0b0c0d
	skep map update "$pins/map/maps/next" 2 value pinned "$pins/map/progs/fill"
	"$progs/bpfmap" fill "$pins/map/maps/pairs" 2 types || fail "cannot make a map"
	skep map create "$pins/map/maps/outer" type hash_of_maps key 4 value 4 entries 2 name outer inner_map pinned "$pins/map/maps/list"
	skep map update "$pins/map/maps/outer" key 7 value pinned "$pins/map/maps/list"
	for map in "$pins"/map/maps/*; do
		compare "map ${map##*/}" "-f map show pinned $map" "map show pinned $map"
	done
	for map in pairs cpus next outer; do
		compare "entries of map $map" "map dump pinned $pins/map/maps/$map" "map dump pinned $pins/map/maps/$map"
	done
}

# ---- what is attached where

objects_link() {
	mkdir "$pins/link"
	own_network
	for prog in raw_tp perf cgroup_skb xdp tc netfilter uprobe flow; do make prog "$prog" "lf_$prog" "$pins/link_$prog"; done
	make raw_tp "$pins/link_raw_tp" sched_switch "$pins/link/raw_tp"
	make tracepoint "$pins/link_perf" "$(cat /sys/kernel/tracing/events/sched/sched_switch/id)" "$pins/link/tracepoint"
	own_cgroup
	make cgroup "$pins/link_cgroup_skb" "$cgroup" "$pins/link/cgroup"
	make xdp "$pins/link_xdp" 1 "$pins/link/xdp"
	make tcx "$pins/link_tc" 1 "$pins/link/tcx"
	make netfilter "$pins/link_netfilter" - "$pins/link/netfilter"
	make uprobes "$pins/link_uprobe" "$progs/bpfobj" "$pins/link/uprobes"
	make flow "$pins/link_flow" - "$pins/link/flow"
	skep iter pin "$progs/object/iter.o" "$pins/link/iter"
	for link in "$pins"/link/*; do
		compare "link ${link##*/}" "-f link show pinned $link" "link show pinned $link"
	done
}

objects_net() {
	own_network
	for prog in xdp tc netfilter flow; do make prog "$prog" "nf_$prog" "$pins/net_$prog"; done
	$within ip link add skepf0 type veth peer name skepf1 || fail "ip failed"
	skep net attach xdpgeneric pinned "$pins/net_xdp" dev lo
	skep net attach xdpdrv pinned "$pins/net_xdp" dev skepf0
	$within tc qdisc add dev lo clsact || fail "tc failed"
	$within tc filter add dev lo ingress bpf da object-pinned "$pins/net_tc" || fail "tc failed"
	$within tc filter add dev lo egress bpf object-pinned "$pins/net_tc" || fail "tc failed"
	skep net attach tcx_ingress pinned "$pins/net_tc" dev skepf0
	make tcx "$pins/net_tc" "$($within ip -o link show skepf1 | cut -d : -f 1)" "$pins/net_link"
	make netfilter "$pins/net_netfilter" - "$pins/net_hook"
	make flow "$pins/net_flow" - "$pins/net_dissector"
	compare "network namespace" "net show" "net show"
}

own_cgroup() {
	[ -z "$cgroup" ] || return 0
	cgroup=$(sed -n 's/^[^ ]* \([^ ]*\) cgroup2 .*/\1/p' /proc/mounts | head -n 1)/skep_fields_$$
	mkdir "$cgroup" || { cgroup='' && fail "cannot make a cgroup"; }
}

objects_cgroup() {
	own_cgroup
	make prog cgroup_skb cf_egress "$pins/cgroup_egress"
	make prog connect4 cf_connect "$pins/cgroup_connect"
	make cgroup "$pins/cgroup_egress" "$cgroup" "$pins/cgroup_link"
	skep cgroup attach "$cgroup" connect4 pinned "$pins/cgroup_connect" multi
	for words in "show $cgroup" "show $cgroup effective" "tree $cgroup"; do
		compare "cgroup $words" "cgroup $words" "cgroup $words"
	done
}

# ---- types

objects_btf() {
	skep prog load "$progs/object/live.o" "$pins/btf"
	btf=$("$skep" prog show pinned "$pins/btf" -f json | jq .btf_id)
	kernel=$("$skep" btf show name vmlinux -f json | jq '.[0].id')
	for words in "show id $btf" "show id $kernel" "dump id $btf" "dump file tests/script/btf/layouts.btf"; do
		compare "btf $words" "btf $words" "btf $words"
	done
}

# ---- tables

table() { # part
	sort -u "$work/mine" >"$work/mine.all"
	sort -u "$work/theirs" >"$work/theirs.all"
	sed -n "s/^$1|//p" $list >"$work/meanings"
	awk -F '|' '
		FILENAME ~ /mine/ { mine[$1] = 1; next }
		FILENAME ~ /theirs/ { theirs[$1] = 1; next }
		FNR == 1 { print "| field | bpftool | skep | what it is |\n|---|---|---|---|" }
		{
			known[$1] = 1
			if (!($1 in theirs) && !($1 in mine))
				print "inspect-fields: neither shows the field " $1 >"/dev/stderr"
			print "| `" $1 "` | " ($1 in theirs ? "yes" : "-") " | " ($1 in mine ? "yes" : "-") " | " $2 " |"
		}
		END {
			for (field in mine)
				if (!(field in known))
					print "inspect-fields: no words for the field " field >"/dev/stderr"
		}' "$work/mine.all" "$work/theirs.all" "$work/meanings"
}

# The lines between the marks of a part.
written() { # part
	sed -n "/<!-- fields:$1:begin -->/,/<!-- fields:$1:end -->/p" $document | sed '1d;$d'
}

version=$(bpftool version | sed -n '1p;/^features/p' | paste -s -d ' ')
for part; do
	within=
	: >"$work/mine"
	: >"$work/theirs"
	"objects_$part"
	{ echo && echo "With $version:" && echo && table "$part" 2>"$work/err" && echo; } >"$work/table"
	while read -r line; do fail "${line#inspect-fields: }"; done <"$work/err"
	if [ -n "$write" ]; then
		sed -i -e "/<!-- fields:$part:begin -->/,/<!-- fields:$part:end -->/{//!d}" \
			-e "/<!-- fields:$part:begin -->/r $work/table" $document
	elif written "$part" | grep -qxF "With $version:"; then
		written "$part" | diff -u - "$work/table" >&2 ||
			fail "the table of $part in $document is another one: scripts/inspect-fields.sh --write $part"
	else
		echo "inspect-fields: the table of $part in $document is of another bpftool, and was not compared" >&2
	fi
	echo "$part: $(sort -u "$work/theirs" | wc -l) fields of bpftool, $(sort -u "$work/mine" | wc -l) of skep"
done
exit $failed
