#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Shows skep at work on this machine, some ten seconds long: `make demo`, or scripts/demo.sh BUILD. What is traced are
# small workloads that the demo starts and that end with it.
set -u
cd "$(dirname "$0")/.." || exit 1
skep=${1:-build}/skep
running=

trap '[ -z "$running" ] || kill "$running" 2>/dev/null' EXIT
trap 'exit 130' INT TERM

# Says what comes, shows the command as one could type it, and runs it.
show() { # heading, options and script for skep...
	printf '\n== %s\n\n$ %s' "$1" "$skep"
	shift
	for word; do
		case $word in
		*[!a-zA-Z0-9_./:,=-]*) printf " '%s'" "$word" ;;
		*) printf ' %s' "$word" ;;
		esac
	done
	printf '\n\n'
	"$skep" "$@" &
	running=$!
	wait "$running"
	status=$?
	running=
	[ "$status" = 0 ] || failed=1
}

# What is left without the right to use BPF: all but running.
without() { # why
	printf 'This can be compiled here but not run: %s.\n' "$1"
	show 'What can be counted' list 'software:*'
	show 'What the kernel would be given to run for a CPU profile' \
		-d bpf -e 'profile:hz:99 { @[comm] = count(); }'
	printf '\nAs root on a kernel with BPF, the demo traces file opens, read latency and CPU use.\n'
	exit 0
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

printf '== More: README.md, %s --help, and the scripts in tools/\n' "$skep"
[ -z "$failed" ]
