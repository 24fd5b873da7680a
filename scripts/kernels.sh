#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Finds, downloads and unpacks the newest kernels to test on, Debian's cloud kernels 6.1 and 6.12:
#
#	build/kernels/6.1/vmlinuz       the kernel
#	build/kernels/6.1/lib/modules/  its modules, whole
#	build/kernels/6.1/modules/      copies, decompressed, of those that tests need
#	build/kernels/6.1/name          the package that all this is from
#
# usage: scripts/kernels.sh [SERIES...]     (default: 6.1 6.12)
#
# What is there already is kept, so a second run needs no network. Prints the directory of each series; a series
# that cannot be had is named on stderr and makes the exit status 1.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
out=${KERNELS_DIR:-$root/build/kernels}
modules='veth cls_bpf sch_ingress act_bpf sch_netem sch_htb dummy ipip fou ip_tunnel tunnel4 tls
	ip_vs virtio virtio_ring virtio_pci 9pnet 9p 9pnet_virtio llc stp bridge
	crc32c_generic libcrc32c nfnetlink nf_defrag_ipv4 nf_defrag_ipv6 nf_conntrack nf_nat nf_tables
	nft_nat nft_chain_nat'

fail() {
	echo "kernels.sh: $*" >&2
	return 1
}

# The newest package of a series by version, not by name: 6.1.0-9 is older than 6.1.0-56.
newest() {
	pattern=$(echo "$1" | sed 's/\./\\./g')
	apt-cache search --names-only "^linux-image-$pattern\\..*-cloud-amd64-unsigned\$" |
		cut -d' ' -f1 | sort -V | tail -n 1
}

# Copies the needed modules, decompressed, for those kernels' packages use .ko or .ko.xz. The list of them is kept
# beside, as it may change.
pick_modules() {
	[ "$modules" != "$(cat "$1/modules/list" 2>/dev/null)" ] || return 0
	rm -rf "$1/modules"
	mkdir -p "$1/modules"
	for module in $modules; do
		file=$(find "$1/lib/modules" -name "$module.ko" -o -name "$module.ko.xz" | head -n 1)
		case $file in
		'') ;; # built in, or not made by this series
		*.xz) xz -dc "$file" >"$1/modules/$module.ko" ;;
		*) cp "$file" "$1/modules/$module.ko" ;;
		esac
	done
	echo "$modules" >"$1/modules/list"
}

download() {
	[ -n "$2" ] && (cd "$1" && apt-get -o APT::Sandbox::User=root download "$2" >/dev/null 2>&1)
}

fetch() {
	series=$1
	dir=$out/$series
	if [ -s "$dir/vmlinuz" ] && [ -d "$dir/lib/modules" ]; then
		pick_modules "$dir"
		echo "$dir"
		return 0
	fi
	part=$out/.part-$series
	rm -rf "$part" "$dir"
	mkdir -p "$part/unpacked"
	# Lists that are missing or old name nothing, or what is no longer there.
	name=$(newest "$series")
	if ! download "$part" "$name"; then
		apt-get update >/dev/null 2>&1 || true
		name=$(newest "$series")
		[ -n "$name" ] || { fail "no cloud kernel of series $series in apt's lists"; return 1; }
		download "$part" "$name" || { fail "cannot download $name"; return 1; }
	fi
	dpkg -x "$part"/*.deb "$part/unpacked" || { fail "cannot unpack $name"; return 1; }
	mkdir -p "$part/kernel/lib"
	mv "$part"/unpacked/boot/vmlinuz-* "$part/kernel/vmlinuz"
	if [ -d "$part/unpacked/lib/modules" ]; then
		mv "$part/unpacked/lib/modules" "$part/kernel/lib/modules"
	else
		mv "$part/unpacked/usr/lib/modules" "$part/kernel/lib/modules"
	fi
	echo "$name" >"$part/kernel/name"
	pick_modules "$part/kernel"
	mv "$part/kernel" "$dir"
	rm -rf "$part"
	echo "$dir"
}

for tool in apt-get apt-cache dpkg xz; do
	command -v $tool >/dev/null || { fail "needs $tool (Debian or Ubuntu)"; exit 1; }
done
[ $# -gt 0 ] || set -- 6.1 6.12
status=0
for one in "$@"; do
	fetch "$one" || { status=1; rm -rf "$out/.part-$one"; }
done
exit $status
