#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Shows skep at work on this machine, half a minute long: `make demo`, or scripts/demo.sh BUILD. What is traced, verified and
# accelerated are small programs that the demo brings along and that end with it.
set -u
cd "$(dirname "$0")/.." || exit 1
build=${1:-build}
skep=$build/skep
running=
is_on=
group=
work=$(mktemp -d) || exit 1

# shellcheck disable=SC2317 # it is called
cleanup() {
	[ -z "$running" ] || kill "$running" 2>/dev/null
	[ -z "$is_on" ] || "$skep" accel off >/dev/null
	[ -z "$group" ] || rmdir "$group" 2>/dev/null
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

heading() { printf '\n== %s\n\n' "$1"; }

# Shows a command as one could type it, and runs it; its exit status.
run() { # command...
	printf '$'
	for word; do
		case $word in
		*[!a-zA-Z0-9_./:,=-]*) printf " '%s'" "$word" ;;
		*) printf ' %s' "$word" ;;
		esac
	done
	printf '\n\n'
	"$@" &
	running=$!
	wait "$running"
	status=$?
	running=
	return $status
}

show() { # heading, arguments of skep...
	heading "$1"
	shift
	run "$skep" "$@" || failed=1
}

# Says why a program of BPF C is wrong, and runs it once it is right. This takes no privilege.
show_machine() {
	command -v clang >/dev/null || return 0
	cat >"$work/arp.bpf.c" <<-'END'
		#include <skep.bpf.h>

		SEC("xdp") int no_arp(struct xdp_md *ctx)
		{
			u8 *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;

			if (data + KNOWN > end)
				return XDP_PASS;
			return data[12] == 8 && data[13] == 6 ? XDP_DROP : XDP_PASS;
		}
		LICENSE("GPL");
	END
	heading 'A BPF program that the kernel would refuse, and why'
	run "$skep" verify -D KNOWN=12 "$work/arp.bpf.c" && failed=1
	show 'The same put right, on two packets, without the kernel' \
		exec -D KNOWN=14 --packet 'ffffffffffff 020000000001 0806 0001' \
		--packet 'ffffffffffff 020000000001 0800 4500' "$work/arp.bpf.c"
}

# The median of round trips between two processes of that cgroup, us.
round_trip() {
	"$meter" -1 -t 1000 -c "$group" -s "$group" pingpong 1024 | awk '$1 == "p50" { printf "%.1f us\n", $2 / 1000 }'
}

show_accel() {
	tree=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/self/mounts)
	meter=$build/bench/accel-meter
	[ -n "$tree" ] && [ -x "$meter" ] && ! "$skep" accel status >/dev/null 2>&1 || return 0
	group=$tree/skep-demo-$$
	mkdir "$group" 2>/dev/null || { group= && return; }
	heading 'A round trip of 1 KiB between two processes: by TCP, and with skep accel'
	printf 'by TCP:     %s\n\n' "$(round_trip)"
	is_on=1
	run "$skep" accel on --cgroup "$group" || { failed=1 && return; }
	printf '\nwith accel: %s\n\n' "$(round_trip)"
	run "$skep" accel off && is_on=
}

# What is left without the right to use BPF: all but running.
without() { # why
	printf 'This can be compiled here but not run: %s.\n' "$1"
	show 'What can be counted' list 'software:*'
	show 'What the kernel would be given to run for a CPU profile' \
		-d bpf -e 'profile:hz:99 { @[comm] = count(); }'
	show_machine
	printf '\nAs root on a kernel with BPF, the demo traces file opens, read latency and CPU use, too.\n'
	[ -z "$failed" ]
	exit
}

failed=
[ -x "$skep" ] || { echo "demo: there is no $skep: run make" >&2; exit 1; }
why=$("$skep" -q -e 'begin { exit(); }' 2>&1 >/dev/null) ||
	without "$(echo "$why" | sed -n '1s/^[^ ]* error: //p')"

# The workloads wait a little, so that what they do can be watched.
show 'Files as they are opened: a live trace' -q \
	-c 'sh -c "exec 2>/dev/null; for f in /etc/hostname /etc/passwd /no/such/file /proc/loadavg; do true <\$f; sleep 0.5; done"' \
	-e 'tracepoint:syscalls:sys_enter_openat /pid == cpid/ { @name[tid] = args.filename; }
    tracepoint:syscalls:sys_exit_openat /has_key(@name, tid)/ {
      printf("%s  %s %s %s\n", strftime("%H:%M:%S.%f", nsecs), comm,
             args.ret < 0 ? "could not open" : "opened", str(@name[tid]));
      delete(@name, tid);
    }'

show 'How long a read() takes, in nanoseconds: a histogram' -q \
	-c 'timeout 3 dd if=/dev/zero of=/dev/null bs=16k status=none' \
	-e 'tracepoint:syscalls:sys_enter_read /comm == "dd"/ { @start[tid] = nsecs; }
    tracepoint:syscalls:sys_exit_read /has_key(@start, tid)/ {
      @ns = hist(nsecs - @start[tid]);
      delete(@start, tid);
    }
    end { clear(@start); }'

show 'Where a busy program spends its time in the kernel: a CPU profile, the three commonest stacks' -q \
	-c 'timeout 3 dd if=/dev/urandom of=/dev/null bs=64k status=none' \
	-e 'profile:hz:99 /comm == "dd"/ { @[kstack(8)] = count(); }
    end { print(@, 3); clear(@); }'

show_machine
show_accel

printf '\n== More: README.md, %s --help, and the scripts in tools/\n' "$skep"
[ -z "$failed" ]
