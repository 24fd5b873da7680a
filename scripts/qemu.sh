#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Boots a kernel in QEMU by emulation and runs one command in it:
#
#	scripts/qemu.sh [-c COMMAND] [-t SECONDS] [-m MEGABYTES] VMLINUZ [FILE[:TARGET]...]
#
# The initramfs has busybox as its shell and tools, and the files: each lies at TARGET (default: /NAME); a directory goes
# there whole; a .ko without TARGET goes to /modules, from where `load veth` in the guest inserts it.
# COMMAND (default: /run) is a shell command line; proc, sysfs, devtmpfs, tracefs, debugfs, bpf, cgroup2
# and securityfs are mounted and lo is up. Its output is this script's standard output and its exit status this
# script's; 124 says that time (default: 600 s) ran out, 125 that the guest did not get as far as an exit status.
set -eu

command=/run
seconds=600
memory=1024
usage() {
	echo "usage: qemu.sh [-c COMMAND] [-t SECONDS] [-m MEGABYTES] VMLINUZ [FILE[:TARGET]...]" >&2
	exit 2
}
while getopts c:t:m: option; do
	case $option in
	c) command=$OPTARG ;;
	t) seconds=$OPTARG ;;
	m) memory=$OPTARG ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))
[ $# -ge 1 ] || usage
kernel=$1
shift

busybox=$(command -v busybox) || busybox=/bin/busybox
for need in qemu-system-x86_64 cpio gzip "$busybox"; do
	command -v "$need" >/dev/null || { echo "qemu.sh: needs $need" >&2; exit 125; }
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
root=$work/root
mkdir -p "$root/bin" "$root/sbin" "$root/modules" "$root/proc" "$root/sys" "$root/dev" "$root/tmp" \
	"$root/etc" "$root/root" "$root/run.d"
cp "$busybox" "$root/bin/busybox"
ln -s busybox "$root/bin/sh"
echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"

for one in "$@"; do
	file=${one%%:*}
	case $one in
	*:*) target=${one#*:} ;;
	*.ko) target=/modules/${file##*/} ;;
	*) target=/${file##*/} ;;
	esac
	mkdir -p "$root/${target%/*}"
	if [ -d "$file" ]; then
		mkdir -p "$root/$target"
		cp -RL "$file/." "$root/$target/"
	else
		cp -L "$file" "$root/$target"
	fi
done

printf '%s\n' "$command" >"$root/command"
cat >"$root/bin/load" <<'END'
#!/bin/sh
# Inserts modules by name; those that are missing here or there already are no error.
for module in "$@"; do
	[ ! -f "/modules/$module.ko" ] || insmod "/modules/$module.ko" 2>/dev/null
done
exit 0
END
cat >"$root/init" <<'END'
#!/bin/sh
/bin/busybox --install -s /bin
export PATH=/bin:/sbin HOME=/root TERM=dumb
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev 2>/dev/null
mount -t tmpfs tmpfs /tmp
mkdir -p /dev/shm && mount -t tmpfs tmpfs /dev/shm
mount -t tracefs tracefs /sys/kernel/tracing
mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null
mount -t bpf bpf /sys/fs/bpf 2>/dev/null
mount -t cgroup2 cgroup2 /sys/fs/cgroup 2>/dev/null
mount -t securityfs securityfs /sys/kernel/security 2>/dev/null
ln -sf /proc/self/fd /dev/fd
ln -sf /proc/self/fd/0 /dev/stdin
ln -sf /proc/self/fd/1 /dev/stdout
ln -sf /proc/self/fd/2 /dev/stderr
mkdir -p /usr/bin
ln -sf /bin/env /usr/bin/env
ifconfig lo up 2>/dev/null
ulimit -n 65536
cd /root
sh /command </dev/null
echo "@qemu exit $?"
poweroff -f
END
chmod 755 "$root/init" "$root/bin/load"
(cd "$root" && find . | cpio -o -H newc --quiet | gzip -1) >"$work/initrd"

# The console is a terminal, so it has carriage returns; its last line is the command's exit status.
{
	status=0
	timeout "$seconds" qemu-system-x86_64 -accel tcg,thread=single -cpu max -m "$memory" -smp 2 \
		-no-reboot -nic none -vga none -display none -monitor none -serial stdio \
		-kernel "$kernel" -initrd "$work/initrd" \
		-append "console=ttyS0 quiet panic=-1 lsm=lockdown,yama,bpf" \
		</dev/null || status=$?
	echo "$status" >"$work/qemu"
} | awk -v to="$work/status" '
	{ gsub(/\r/, "") }
	/^@qemu exit [0-9]+$/ { print $3 >to; ended = 1 }
	!ended { print; fflush() }'

if [ -s "$work/status" ]; then
	exit "$(cat "$work/status")"
fi
[ "$(cat "$work/qemu")" != 124 ] || { echo "qemu.sh: out of time after $seconds s" >&2; exit 124; }
echo "qemu.sh: the guest ended without an exit status" >&2
exit 125
