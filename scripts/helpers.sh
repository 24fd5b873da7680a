#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Writes docs/helpers.md from src/isa/helper.def; with --check only says if it is not up to date, or if docs/machine.md does not have the
# reason for each helper that the machine does not have, and for no other.
set -u
cd "$(dirname "$0")/.." || exit 1

page() {
	cat <<'END'
# Helper functions

Which programs may call them, what they take and give, and whether the user-space machine has them. Made by `scripts/helpers.sh` from
`src/isa/helper.def`, which the verifier and the machine go by; as of Linux 6.12. Later kernels allow some to more programs.

- Programs: **all** means all but infrared decoders (lirc_mode2); **sk** those that deal with sockets (socket_filter, tc, xdp, lwt, cgroup_skb,
  cgroup_sock_addr, sock_ops, sk_skb, sk_msg, flow_dissector, sk_lookup); **tracing** kprobe, tracepoint, perf_event, raw_tp and btf; **btf** tracing, lsm
  and syscall; **cgroup** cgroup_sock, cgroup_sock_addr, cgroup_device, cgroup_sysctl and cgroup_sockopt; **tc** sched_cls and sched_act; **lwt** the four
  lightweight tunnels; **raw_tp** raw_tracepoint and raw_tracepoint_writable. A program that replaces another one (freplace) may call what that one may.
- Notes: *gpl*: for GPL-compatible programs only; *bpf*, *perfmon*: needs that capability; *sleeps*: only in programs that may sleep; *packet*: takes packet
  memory; *changes packet*: pointers into the packet have to be made anew; *acquires*, *releases*: a reference; *casts*: the result is the argument in another form;
  *attach*: depends on the expected attach type, too.

| # | helper | takes | gives | programs | notes | machine |
|---|---|---|---|---|---|---|
END
	awk '
	# A row may go over several lines: it ends where its parentheses do.
	/^HELPER(_ARG|_RESULT|_VARIANT|_ATTACHES)?\(/ { row = "" }
	/^[ \t]*(\/?\*|#)/ { next }
	{
		row = row " " $0
		open = gsub(/\(/, "(", row) - gsub(/\)/, ")", row)
		if (row ~ /^ *HELPER/ && open == 0) {
			take(row)
			row = ""
		}
	}
	function trim(s) { gsub(/^[ \t]+|[ \t]+$/, "", s); return s }
	function text_of(row) { match(row, /"[^"]*"\)$/); return substr(row, RSTART + 1, RLENGTH - 3) }
	function progs_of(s) {
		gsub(/PROGS_CGROUP_CURRENT/, "cgroup", s)
		gsub(/PROGS_SK_BASE/, "sk", s)
		gsub(/PROGS_BASE/, "all", s)
		gsub(/PROGS_/, "", s)
		gsub(/PROGS\(|\)/, "", s)
		gsub(/ *\| */, ", ", s)
		return tolower(s)
	}
	function notes_of(s, name) {
		if (s == "0")
			s = ""
		gsub(/_/, " ", s)
		gsub(/ *\| */, ", ", s)
		if (name in attach)
			s = s (s == "" ? "" : ", ") "attach"
		return tolower(s)
	}
	function take(row, args, f, n, i) {
		kind = row
		sub(/\(.*/, "", kind)
		kind = trim(kind)
		sub(/^[^(]*\(/, "", row)
		row = trim(row)
		n = split(row, f, /,/)
		for (i = 1; i <= n; i++)
			f[i] = trim(f[i])
		if (kind == "HELPER_ARG" || kind == "HELPER_RESULT") {
			text[kind, f[1]] = text_of(row)
			return
		}
		if (kind == "HELPER_ATTACHES") {
			attach[f[1]] = 1
			return
		}
		rows[++count] = kind == "HELPER" ? "" : "variant"
		number[count] = f[1]
		name[count] = f[2]
		gives[count] = text["HELPER_RESULT", f[3]]
		for (i = 4; i <= 8; i++)
			if (f[i] != "NONE")
				args = args (args == "" ? "" : "; ") text["HELPER_ARG", f[i]]
		takes[count] = args
		progs[count] = progs_of(f[9])
		if (kind == "HELPER") {
			machine = f[11]
			sub(/\)$/, "", machine)
			in_machine = machine == "IN_MACHINE" ? "yes" : ""
			flags[count] = f[10]
		} else {
			sub(/\)$/, "", f[10])
			flags[count] = f[10]
		}
		has[count] = in_machine
	}
	END {
		for (i = 1; i <= count; i++)
			printf "| %s | bpf_%s | %s | %s | %s | %s | %s |\n", number[i], name[i], takes[i],
				gives[i], progs[i], notes_of(flags[i], name[i]), has[i]
	}' src/isa/helper_arg.def src/isa/helper.def
}

# The helpers of the table that are missing, and those that the document gives a reason for.
missing() {
	tr '\n' ' ' <src/isa/helper.def | grep -o 'HELPER([0-9]*, [a-z0-9_]*,[^;]*' | sed 's/ HELPER/\nHELPER/g' |
		sed -n 's/^HELPER([0-9]*, \([a-z0-9_]*\),.* NOT) *$/bpf_\1/p' | sort
}
told() {
	sed -n '/^<!-- missing helpers -->/,/^$/p' docs/machine.md | grep -o 'bpf_[a-z0-9_]*' | sort
}

if [ "${1:-}" != --check ]; then
	page >docs/helpers.md
	exit
fi
if ! page | cmp -s - docs/helpers.md; then
	echo "docs/helpers.md:1: not up to date: run scripts/helpers.sh"
	exit 1
fi
if [ "$(missing)" != "$(told)" ]; then
	echo "docs/machine.md:1: its table of missing helpers is not that of src/isa/helper.def"
	exit 1
fi
