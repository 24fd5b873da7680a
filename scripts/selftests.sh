#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Gets the kernel's own cases for its verifier, from Debian's package of the kernel's source, and compiles them:
#
#	build/selftests/package       name and version of the package that all this is from
#	build/selftests/src/          what the package has of the cases and of what they include
#	build/selftests/vmlinux.h     the running kernel's types
#	build/selftests/object/*.o    the cases
#
# usage: scripts/selftests.sh
#
# What is there already is kept. Nothing of that source belongs into this repository. A file that does not compile is
# named and left out; its exit status is 1 if nothing could be had or compiled.
set -u
cd "$(dirname "$0")/.." || exit 1
out=${SELFTESTS_DIR:-$PWD/build/selftests}
clang=${SELFTESTS_CLANG:-clang-19}
tests=tools/testing/selftests/bpf

fail() {
	echo "selftests.sh: $*" >&2
	exit 1
}

install() { # package
	[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1" >/dev/null 2>&1 ||
		{ apt-get update -qq >/dev/null 2>&1 &&
			DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1" \
				>/dev/null 2>&1; }
}

download() { # package, directory
	(cd "$2" && apt-get -o APT::Sandbox::User=root download "$1" >/dev/null 2>&1)
}

# The newest source that apt knows. 6.1 has no cases in this form, so it is only of use for what includes it.
fetch() {
	[ -s "$out/package" ] && [ -d "$out/src/$tests/progs" ] && return 0
	for tool in apt-get dpkg-deb tar xz; do
		command -v $tool >/dev/null || fail "needs $tool (Debian or Ubuntu)"
	done
	part=$out/part
	rm -rf "$part" "$out/src"
	mkdir -p "$part/src" || exit 1
	name=
	for try in linux-source-6.12 linux-source-6.1; do
		download "$try" "$part" || { apt-get update -qq >/dev/null 2>&1 && download "$try" "$part"; } ||
			continue
		name=$try
		break
	done
	[ -n "$name" ] || fail "apt can download neither linux-source-6.12 nor linux-source-6.1"
	deb=$(ls "$part"/*.deb)
	inside=$(dpkg-deb --fsys-tarfile "$deb" | tar -t | grep 'linux-source-[0-9.]*\.tar\.xz$') ||
		fail "$name has no archive of sources"
	top=$(basename "$inside" .tar.xz)
	dpkg-deb --fsys-tarfile "$deb" | tar -xO "$inside" |
		tar -xJ -C "$part/src" --strip-components=1 "$top/$tests/progs" "$top/$tests" \
			"$top/tools/lib/bpf" "$top/tools/include" "$top/scripts/bpf_doc.py" \
			"$top/include/uapi/linux" || fail "cannot unpack $name"
	mv "$part/src" "$out/src"
	dpkg-deb -f "$deb" Package Version | sed 's/.*: //' | tr '\n' ' ' >"$out/package"
	rm -rf "$part"
}

# The headers that libbpf's build makes.
make_headers() {
	mkdir -p "$out/include/bpf"
	[ -s "$out/include/bpf/bpf_helper_defs.h" ] ||
		python3 "$out/src/scripts/bpf_doc.py" --header \
			--file "$out/src/tools/include/uapi/linux/bpf.h" \
			>"$out/include/bpf/bpf_helper_defs.h" || fail "cannot make bpf_helper_defs.h"
	cp "$out"/src/tools/lib/bpf/bpf_*.h "$out/include/bpf/" || exit 1
	[ -s "$out/vmlinux.h" ] ||
		bpftool btf dump file /sys/kernel/btf/vmlinux format c >"$out/vmlinux.h" ||
		fail "bpftool cannot dump the kernel's types"
}

compile() { # file
	name=$(basename "$1" .c)
	object=$out/object/$name.o
	[ -s "$object" ] && return 0
	"$clang" -target bpf -mcpu=v4 -O2 -g -Wno-everything -D__TARGET_ARCH_x86 -DENABLE_ATOMICS_TESTS \
		-I"$out" -I"$out/include" -I"$out/src/$tests" -I"$out/src/$tests/progs" -I"$out/src/tools/include/uapi" \
		-idirafter /usr/include/"$(gcc -print-multiarch)" -c -o "$object" "$1" 2>"$object.log" && rm -f "$object.log"
}

command -v "$clang" >/dev/null || install "$clang" || fail "needs $clang"
command -v bpftool >/dev/null || install bpftool || fail "needs bpftool"
command -v python3 >/dev/null || install python3 || fail "needs python3"
fetch
make_headers
mkdir -p "$out/object"
compiled=0 broken=
[ -e "$out/src/$tests/progs/verifier_and.c" ] || fail "$(cat "$out/package") has no verifier cases"
# Others that say of their programs whether they are to be accepted stand beside them.
for file in $(grep -lE '__(success|failure)\>' "$out/src/$tests"/progs/*.c); do
	if compile "$file"; then
		compiled=$((compiled + 1))
	else
		broken="$broken $(basename "$file")"
	fi
done
echo "selftests: $compiled files of $(cat "$out/package")with $clang"
[ -z "$broken" ] || echo "selftests: not compiled:$broken"
[ $compiled -gt 0 ]
