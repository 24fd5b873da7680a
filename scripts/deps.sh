#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What building, testing and measuring need: looks, and as root on Debian or Ubuntu installs what is
# missing. Elsewhere, or with --check, it names the packages and fails. Takes no time when all is there.
#
#	scripts/deps.sh [--check] build|test|kernels|bench
set -u

check=
if [ "${1-}" = --check ]; then
	check=1
	shift
fi
what=${1-}
cc=${CC:-gcc}
command=${cc%% *} # the rest may be options, or what a compiler cache calls

# level, whether it must be, how to look, for what; the package on Debian, Fedora, Arch, Alpine.
# A dash where there is no such package. What is wanted but need not be makes tests or peers skip, and they say so.
table() {
	cat <<-END
	build must command make make make make make
	build must compiler $command gcc gcc gcc build-base
	build must command clang clang clang clang clang
	build want command llvm-strip llvm llvm llvm llvm
	build must header stdio.h libc6-dev glibc-devel glibc musl-dev
	build must header linux/bpf.h linux-libc-dev kernel-headers linux-api-headers linux-headers
	build must header bpf/libbpf.h libbpf-dev libbpf-devel libbpf libbpf-dev
	build must header gelf.h libelf-dev elfutils-libelf-devel libelf elfutils-dev
	build must header zlib.h zlib1g-dev zlib-devel zlib zlib-dev
	build must archive libc.a libc6-dev glibc-static - musl-dev
	build must archive libbpf.a libbpf-dev libbpf-static - libbpf-dev
	build must archive libelf.a libelf-dev elfutils-libelf-devel-static - libelf-static
	build must archive libz.a zlib1g-dev zlib-static - zlib-static
	build must archive libzstd.a - libzstd-static - zstd-static
	test want command jq jq jq jq jq
	test want command bpftool bpftool bpftool bpf bpftool
	test want command bpf-gcc gcc-bpf - - -
	test want command llvm-objdump llvm llvm llvm llvm
	test want command clang-format clang-format clang-tools-extra clang clang-extra-tools
	kernels must command qemu-system-x86_64 qemu-system-x86 qemu-system-x86-core qemu-system-x86 qemu-system-x86_64
	kernels must static busybox busybox-static busybox busybox busybox-static
	kernels must command cpio cpio cpio cpio cpio
	kernels must command xz xz-utils xz xz xz
	bench want command bpftrace bpftrace bpftrace bpftrace bpftrace
	bench want command bpftool bpftool bpftool bpf bpftool
	bench want command perf linux-perf perf perf perf
	bench want command jq jq jq jq jq
	bench want command nginx nginx-light nginx nginx nginx
	bench want command wrk wrk wrk wrk wrk
	bench want command h2load nghttp2-client nghttp2 nghttp2 nghttp2
	bench want command redis-server redis-server redis redis redis
	bench want command redis-benchmark redis-tools redis redis redis
	bench want command pgbench postgresql postgresql-server postgresql postgresql
	bench want command mariadbd mariadb-server mariadb-server mariadb mariadb
	bench want command sysbench sysbench sysbench sysbench sysbench
	END
}

has() { # how, what
	case $1 in
	command | compiler) command -v "$2" >/dev/null ;;
	# shellcheck disable=SC2086 # words
	header) echo "#include <$2>" | $cc -E -x c - >/dev/null 2>&1 ;;
	archive) [ "${STATIC:-1}" != 1 ] || [ -f "$($cc -print-file-name="$2" 2>/dev/null)" ] ;;
	static) command -v "$2" >/dev/null && ! ldd "$(command -v "$2")" >/dev/null 2>&1 ;;
	esac
}

# The packages that are missing of those that must be, or are wanted, in a distribution's names.
missing() { # must|want, distribution
	table | while read -r level need how thing debian fedora arch alpine; do
		[ "$need" = "$1" ] || continue
		[ "$level" = build ] || [ "$level" = "$what" ] || continue
		has "$how" "$thing" && continue
		case $2 in
		debian) echo "$debian" ;;
		fedora) echo "$fedora" ;;
		arch) echo "$arch" ;;
		alpine) echo "$alpine" ;;
		esac
	done | grep -v '^-$' | sort -u | tr '\n' ' ' | sed 's/ $//'
}

apt() {
	echo "deps: installing $*" >&2
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# The package lists may be missing or too old to be of use; that shows when an installation fails.
install() {
	apt "$@" 2>/dev/null || { apt-get update -qq >/dev/null && apt "$@"; }
}

case $what in
build | test | kernels | bench) ;;
*)
	echo "usage: scripts/deps.sh [--check] build|test|kernels|bench" >&2
	exit 2
	;;
esac

must=$(missing must debian)
want=$(missing want debian)
[ -n "$must$want" ] || exit 0

# shellcheck disable=SC2086 # lists of packages are words
if [ -z "$check" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	[ -z "$must" ] || install $must || exit 1
	for package in $want; do
		if apt-cache show "$package" >/dev/null 2>&1; then
			install "$package" || echo "deps: going on without $package" >&2
		else
			echo "deps: going on without $package, which is not packaged here" >&2
		fi
	done
	exit 0
fi

[ -n "$must" ] || exit 0
echo "skep: missing here: $must; as root, 'scripts/deps.sh $what' installs it on Debian and Ubuntu."
echo "  Debian, Ubuntu: apt-get install $must"
echo "  Fedora:         dnf install $(missing must fedora)"
echo "  Arch:           pacman -S $(missing must arch) (and make STATIC=0: it has no static libraries)"
echo "  Alpine:         apk add $(missing must alpine)"
exit 1
