#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Measures our machine on the programs of bench/machine/progs, each the same C source: what gcc -O2 and clang -O2 make of it,
# our JIT, our interpreter, the same with all accesses checked, and the kernel (as root). Results have to be the same
# everywhere. Shows a table; a run of all programs writes it as Markdown to build/bench-machine.md for the README, too.
#
#	bench/machine.sh [-n SAMPLES] [-d FOLDER] [PROGRAM...]
#
#	-n	samples of each engine and program; the median counts
#	-d	writes the compiled code there, for objdump -D -b binary -m i386:x86-64
#
# A ratio says how many times longer than the faster native code. Fails if a bar is missed.
set -u
cd "$(dirname "$0")/.." || exit 1

usage() {
	echo "usage: bench/machine.sh [-n SAMPLES] [-d FOLDER] [PROGRAM...]"
	sed -n 's/^PROGRAM(\([a-z0-9]*\), "\(.*\)")/\1 \2/p' bench/machine/programs.def |
		while read -r name what; do printf '  %-12s %s\n' "$name" "$what"; done
}

samples=201
folder=
while getopts n:d:h option; do
	case $option in
	n) samples=$OPTARG ;;
	d) folder=$OPTARG ;;
	h) usage && exit 0 ;;
	*) usage >&2 && exit 2 ;;
	esac
done
shift $((OPTIND - 1))
for name; do
	grep -q "^PROGRAM($name," bench/machine/programs.def || {
		echo "bench: there is no program '$name'" >&2
		usage >&2
		exit 2
	}
done

build=build
meter=$build/bench/machine-meter
make -s $meter >/dev/null || exit 1
[ -z "$folder" ] || mkdir -p "$folder" || exit 1
page=
[ $# -gt 0 ] || page=$build/bench-machine.md
exec $meter -n "$samples" ${page:+-m "$page"} ${folder:+-d "$folder"} $build/bench/machine "$@"
