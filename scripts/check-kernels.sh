#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs the unit tests, the script cases and the golden disassembly, which is to be the same everywhere, on
# Debian's kernels in QEMU, and adds up their counts:
#
#	scripts/check-kernels.sh [SERIES...]		(default: 6.1 6.12)
#
# With FILTER in the environment only those whose names contain it; ACCEL_TEST_BYTES is passed on. The kernels run side by side, so lines
# have the kernel's name in front. What was built has to be static: there is nothing else in the guest.
set -u
cd "$(dirname "$0")/.." || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
[ $# -gt 0 ] || set -- 6.1 6.12
filter=${FILTER-}
parts=4 # that tell counts
[ -z "$filter" ] || parts=3
seconds=2000 # for one kernel; it takes some ten minutes on an idle machine
# What accel's cases need that is not built in, each after what it needs; script cases have veth alone.
modules="llc stp bridge veth crc32c_generic libcrc32c nfnetlink nf_defrag_ipv4 nf_defrag_ipv6 nf_conntrack \
	nf_nat nf_tables nft_nat nft_chain_nat tls"
scale=10    # emulation is that much slower, and uneven: TEST_TRIES below; what passes late is told

for file in build/skep build/unit build/runner build/accel-test; do
	if [ ! -x $file ] || ldd $file >/dev/null 2>&1; then
		echo "check-kernels: $file has to be there and static: make check-kernels"
		exit 2
	fi
done

# The guest has the project's layout at its root.
run_kernel() { # series
	kernel=$(scripts/kernels.sh "$1") || return 1
	scripts/qemu.sh -t $seconds -c "cd /
		export TEST_TRIES=2
		# Unit tests ask it without privilege, too.
		echo 0 >/proc/sys/kernel/unprivileged_bpf_disabled
		build/unit '$filter'
		echo 2 >/proc/sys/kernel/unprivileged_bpf_disabled
		load veth
		RUNNER_TIMEOUT_SCALE=$scale build/runner --filter '$filter' tests/script
		load $modules
		${ACCEL_TEST_BYTES:+export ACCEL_TEST_BYTES=$ACCEL_TEST_BYTES}
		RUNNER_TIMEOUT_SCALE=$scale SKEP=build/skep build/accel-test '$filter'
		[ -n '$filter' ] || scripts/golden.sh build
		true" "$kernel/vmlinuz" build/skep:/build/skep build/unit:/build/unit \
		build/runner:/build/runner build/accel-test:/build/accel-test \
		build/tests:/build/tests tools scripts \
		tests/script:/tests/script tests/golden:/tests/golden tests/machine:/tests/machine tests/verify:/tests/verify "$kernel/modules:/modules"
}

# The guest is good if it came to its end and told the counts of all parts.
count() { # series
	awk -v kernel="$1" -v status="$(cat "$work/$1.status")" -v want="$parts" '
		/^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$/ {
			passed += $1; failed += $3; skipped += $5; parts++
		}
		END {
			if (status != 0 || parts != want) {
				printf "%s: did not come to its end\n", kernel >"/dev/stderr"
				failed++
			}
			print passed + 0, failed + 0, skipped + 0
		}' "$work/$1.log"
}

# All at once, for two of apt would wait for each other; what cannot be had shows below.
scripts/kernels.sh "$@" >/dev/null 2>&1
for series in "$@"; do
	{
		run_kernel "$series" 2>&1
		echo $? >"$work/$series.status"
	} | tee "$work/$series.log" | sed -u "s/^/$series: /" &
done
wait

passed=0 failed=0 skipped=0
for series in "$@"; do
	# shellcheck disable=SC2046 # three numbers
	set -- $(count "$series")
	echo "== $series: $1 passed, $2 failed, $3 skipped"
	passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
