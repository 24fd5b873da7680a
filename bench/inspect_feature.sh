#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Times of skep feature beside bpftool feature probe, turn by turn: processor time, which does not depend on what else runs.
#
#	bench/inspect_feature.sh [ROUNDS]
set -u
cd "$(dirname "$0")/.." || exit 1
rounds=${1:-7}
skep=build/skep
[ -x $skep ] || make -s $skep || exit 1
command -v bpftool >/dev/null || { echo "bench: there is no bpftool" >&2 && exit 2; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

spent() { # file, command...: adds milliseconds of user and system time
	file=$1
	shift
	# shellcheck disable=SC2016 # for the inner shell
	sh -c '"$@" >/dev/null 2>&1; times' sh "$@" | tail -n 1 |
		awk '{ for (i = 1; i <= 2; i++) { split($i, t, /[ms]/); sum += t[1] * 60000 + t[2] * 1000 } print sum }' >>"$work/$file"
}

median() { # file
	sort -n "$work/$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

i=0
while [ "$i" -lt "$rounds" ]; do
	spent ours $skep feature -j
	spent theirs bpftool -j feature probe
	spent btf $skep gen min_btf /sys/kernel/btf/vmlinux "$work/out" build/tests/object/core.o
	spent their_btf bpftool gen min_core_btf /sys/kernel/btf/vmlinux "$work/out" build/tests/object/core.o
	i=$((i + 1))
done
echo "| what | skep | bpftool | ratio |"
echo "|---|---|---|---|"
row() { # what, ours, theirs
	awk -v what="$1" -v a="$(median "$2")" -v b="$(median "$3")" \
		'BEGIN { printf "| %s | %d ms | %d ms | %.2f |\n", what, a, b, a ? b / a : 0 }'
}
row "feature probe, all of it, JSON" ours theirs
[ ! -e build/tests/object/core.o ] || row "gen min_btf of the kernel's types" btf their_btf
