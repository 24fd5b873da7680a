#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What others have made and Debian ships: opens each BPF object of its packages and judges all programs by our
# verifier, against the running kernel's types. Objects stand in files of their own, or inside the programs that
# load them. Ends with N passed, N failed, N skipped: a program is passed if it is accepted.
#
#	scripts/check-samples.sh [SKEP]
#
# The packages are unpacked below build/samples and not installed. What is rejected is listed: it has to be what the
# running kernel lacks (a field, a function to attach to), or what is set before it is loaded.
set -u
cd "$(dirname "$0")/.." || exit 1
skep=${1:-build/skep}
packages='libbpf-tools xdp-tools libxdp1 xdp-tests ir-keytable'
dir=build/samples

number() { # file, offset, bytes: little-endian
	od -An -tu"$3" -j "$2" -N "$3" "$1" | tr -d ' '
}

# The objects inside a program: where an ELF head says that the machine is BPF.
extract() { # file
	LC_ALL=C grep -abo "$(printf '\177ELF\002\001\001')" "$1" | while IFS=: read -r at _; do
		[ "$at" != 0 ] && [ "$(number "$1" $((at + 18)) 2)" = 247 ] || continue
		size=$(($(number "$1" $((at + 40)) 8) + 64 * $(number "$1" $((at + 60)) 2)))
		tail -c +$((at + 1)) "$1" | head -c "$size" >"$dir/objects/$(basename "$1").$at.o"
	done
}

mkdir -p $dir/objects $dir/packages
for package in $packages; do
	[ -d "$dir/$package" ] && continue
	(cd $dir/packages && apt-get download -qq "$package" >/dev/null 2>&1) &&
		dpkg-deb -x $dir/packages/"$package"_*.deb "$dir/$package" || {
		rm -rf "${dir:?}/$package"
		echo "check-samples: going on without $package, which cannot be had"
	}
done
rm -f $dir/objects/*
find $dir -type f -name '*.o' ! -path "$dir/objects/*" -exec cp {} $dir/objects/ \;
find $dir -type f -perm -100 -path '*bin/*' | while read -r file; do
	extract "$file"
done

opened=0 unopened=0
: >$dir/verdicts
for object in "$dir"/objects/*.o; do
	[ -f "$object" ] || continue
	if $skep verify -f json "$object" >"$dir/one" 2>"$dir/errors" || grep -q '^{' "$dir/one"; then
		opened=$((opened + 1))
	else
		unopened=$((unopened + 1))
		echo "not opened: $object: $(head -n 1 "$dir/errors")"
	fi
	$skep verify "$object" 2>/dev/null | sed -n "s|.*: rejected: |$(basename "$object"): |p; s|^[^ ]*: accepted: .*|accepted|p" \
		>>"$dir/verdicts"
done
accepted=$(grep -c '^accepted$' $dir/verdicts)
rejected=$(grep -cv '^accepted$' $dir/verdicts)
grep -v '^accepted$' $dir/verdicts | sed 's/^/rejected: /'
[ $((opened + unopened)) != 0 ] || {
	echo "0 passed, 0 failed, 1 skipped"
	exit 0
}
echo "$opened of $((opened + unopened)) objects opened, $((100 * accepted / (accepted + rejected)))% of their programs accepted (bar: all, 90%)"
echo "$accepted passed, $rejected failed, 0 skipped"
[ $unopened = 0 ] && [ $((10 * accepted)) -ge $((9 * (accepted + rejected))) ]
