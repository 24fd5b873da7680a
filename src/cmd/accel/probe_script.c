/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The script is made of two tables, what is looked for and what is counted, a clause a row, in skep's own language:
 *
 *	tracepoint:syscalls:sys_enter_recvfrom, ...
 *	/(WATCHED) && (args.flags & 0x100)/ { LOOK if ($tcp) { @found[2, pid, comm] = count(); } }
 *
 * LOOK finds the file of a descriptor in the task's table and asks it for its socket. In the end it prints lines:
 *
 *	found FINDING PID COUNT COMM
 *	name PID COMM
 *	traffic OPENED ACCEPTED SENDS BYTES RECEIVES BYTES
 */
#include "cmd/accel/probe_script.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* There is nothing to read; of one that is accelerated already that is not to be seen. */
#define BLOCKS                                                                                     \
	"($file.f_flags & 04000) == 0 && $sk.sk_receive_queue.qlen == 0 && $sk.sk_user_data == 0"

const struct probe_finding probe_findings[] = {
	[PROBE_OLD] = {
		.name = "32-bit",
		.is_unsafe = true,
		.what = "runs a 32-bit program",
		.why = "its system calls cannot be watched, so nothing is known of it",
		.events = "tracepoint:sched:sched_process_exec",
		.when = "curtask.mm.task_size <= 0x100000000",
	},
	{
		.name = "splice",
		.is_unsafe = true,
		.what = "splices from a TCP socket",
		.why = "splice() does not see bytes that were handed over, and waits for ever",
		.events = "splice",
		.fd = "args.fd_in",
	},
	{
		.name = "zerocopy",
		.is_unsafe = true,
		.what = "sends with MSG_ZEROCOPY",
		.why = "no completion comes for bytes that were handed over",
		.events = "sendto sendmsg sendmmsg",
		.fd = "args.fd",
		.when = "args.flags & 0x4000000",
	},
	{
		.name = "waitall",
		.is_unsafe = true,
		.what = "receives with MSG_WAITALL",
		.why = "it returns with fewer bytes than asked for",
		.events = "recvfrom recvmsg recvmmsg",
		.fd = "args.fd",
		.when = "args.flags & 0x100",
	},
	{
		.name = "oob",
		.is_unsafe = true,
		.what = "uses urgent data (MSG_OOB)",
		.why = "urgent bytes arrive as ordinary ones, and nobody is told",
		.events = "sendto sendmsg sendmmsg recvfrom recvmsg recvmmsg",
		.fd = "args.fd",
		.when = "args.flags & 1",
	},
	{
		.name = "zerocopy-receive",
		.is_unsafe = true,
		.what = "receives with TCP_ZEROCOPY_RECEIVE",
		.why = "bytes that were handed over cannot be mapped",
		.events = "getsockopt",
		.fd = "args.fd",
		.when = "args.level == 6 && args.optname == 35",
	},
	{
		.name = "repair",
		.is_unsafe = true,
		.what = "uses TCP_REPAIR",
		.why = "a checkpoint misses bytes that were handed over",
		.events = "setsockopt",
		.fd = "args.fd",
		.when = "args.level == 6 && args.optname == 19",
	},
	{
		.name = "io-uring-splice",
		.is_unsafe = true,
		.what = "splices by io_uring",
		.why = "if it is from a TCP socket, it does not see bytes that were handed over",
		.events = "tracepoint:io_uring:io_uring_submit_*",
		.when = "args.opcode == 30",
	},
	{
		.name = "io-uring-zerocopy",
		.is_unsafe = true,
		.what = "sends without copying by io_uring",
		.why = "accelerated connections refuse that",
		.events = "tracepoint:io_uring:io_uring_submit_*",
		.when = "args.opcode == 47 || args.opcode == 48",
	},
	{
		.name = "so-zerocopy",
		.what = "sets SO_ZEROCOPY",
		.why = "accelerated connections refuse it; those that had it before stay with TCP",
		.events = "setsockopt",
		.fd = "args.fd",
		.when = "args.level == 1 && args.optname == 60",
	},
	{
		.name = "ulp",
		.what = "sets TCP_ULP, such as for kernel TLS",
		.why = "accelerated connections refuse it, as a kernel without it does",
		.events = "setsockopt",
		.fd = "args.fd",
		.when = "args.level == 6 && args.optname == 31",
	},
	{
		.name = "rcvlowat",
		.what = "sets SO_RCVLOWAT",
		.why = "such connections go back to TCP by themselves",
		.events = "setsockopt",
		.fd = "args.fd",
		.when = "args.level == 1 && args.optname == 18 && *(int32 *)args.optval > 1",
	},
	{
		.name = "mptcp",
		.what = "opens MPTCP sockets",
		.why = "they stay with TCP",
		.events = "socket",
		.when = "args.protocol == 262",
	},
	{
		.name = "sleeps-in-recv",
		.what = "sleeps in recv() on a socket that blocks",
		.why = "if it has threads or handles signals, such connections stay with TCP",
		.events = "recvfrom recvmsg",
		.fd = "args.fd",
		.when = "(args.flags & 0x40) == 0",
		.also = BLOCKS,
	},
	{
		.name = "sleeps-in-read",
		.what = "sleeps in read() on a socket that blocks",
		.why = "if it has threads or handles signals, such connections stay with TCP",
		.events = "read readv",
		.fd = "args.fd",
		.also = BLOCKS,
	},
	{
		.name = "busy-poll",
		.what = "polls its sockets busily",
		.why = "it has no effect on bytes that are handed over, which no device brings",
		.events = "setsockopt",
		.fd = "args.fd",
		.when = "args.level == 1 && (args.optname == 46 || args.optname == 69)",
	},
	{
		.name = "timestamping",
		.what = "asks for timestamps",
		.why = "bytes that are handed over have none",
		.events = "setsockopt",
		.fd = "args.fd",
		.when = "args.level == 1 && (args.optname == 37 || args.optname == 65)",
	},
	{
		.name = "tcp-info",
		.what = "reads TCP_INFO",
		.why = "its counters leave out bytes that are handed over",
		.events = "getsockopt",
		.fd = "args.fd",
		.when = "args.level == 6 && args.optname == 11",
	},
	{
		.name = "fionread",
		.what = "asks by FIONREAD how much there is to read",
		.why = "older kernels leave out bytes that were handed over",
		.events = "ioctl",
		.fd = "args.fd",
		.when = "args.cmd == 0x541b",
	},
	{
		.name = "io-uring",
		.what = "uses io_uring",
		.why = "its sends and receives are not counted, and their flags not looked at",
		.events = "tracepoint:io_uring:io_uring_submit_*",
	},
};
const size_t probe_finding_count = ARRAY_SIZE(probe_findings);
_Static_assert(ARRAY_SIZE(probe_findings) <= PROBE_MAX_FINDINGS, "the bound of all such tables");

/* Calls that move bytes are counted when they return: @io says of which sort a thread's is. */
static const struct {
	const char *events, *fd, *body;
} counted[] = {
	{ "read readv recvfrom recvmsg", "args.fd", "@io[tid] = 1;" },
	{ "write writev sendto sendmsg", "args.fd", "@io[tid] = 2; @names[pid, comm] = 1;" },
	{ "sendfile64", "args.out_fd", "@io[tid] = 2; @names[pid, comm] = 1;" },
	{ "splice", "args.fd_in", "@io[tid] = 1;" },
	{ "splice", "args.fd_out", "@io[tid] = 2; @names[pid, comm] = 1;" },
	{ "sendmmsg listen", "args.fd", "@names[pid, comm] = 1;" },
	{ "accept accept4", "args.fd", "@io[tid] = 3;" },
	{ "connect", "args.fd", "@opened = count();" },
};

static const char script_head[] =
	"config = { print_maps_on_exit = false; missing_probes = ignore; max_map_keys = 16384 }\n"
	"let @watched = hash(65536);\n"
	"rawtracepoint:sched_process_fork /has_key(@watched, args.parent.tgid)/ {\n"
	"	@watched[args.child.tgid] = 1;\n"
	"}\n"
	"tracepoint:sched:sched_process_exit /has_key(@watched, pid)/ {\n"
	"	delete(@io, tid);\n"
	"	if (curtask.signal.live.counter == 0) { delete(@watched, pid); }\n"
	"}\n";

/* A child that is forked before this is attached is known by its parent. */
static const char script_watched[] = "has_key(@watched, pid) || has_key(@watched, ppid)";

static const char script_end[] =
	"tracepoint:syscalls:sys_exit_read, tracepoint:syscalls:sys_exit_readv,\n"
	"tracepoint:syscalls:sys_exit_recvfrom, tracepoint:syscalls:sys_exit_recvmsg,\n"
	"tracepoint:syscalls:sys_exit_write, tracepoint:syscalls:sys_exit_writev,\n"
	"tracepoint:syscalls:sys_exit_sendto, tracepoint:syscalls:sys_exit_sendmsg,\n"
	"tracepoint:syscalls:sys_exit_sendfile64, tracepoint:syscalls:sys_exit_splice,\n"
	"tracepoint:syscalls:sys_exit_accept, tracepoint:syscalls:sys_exit_accept4\n"
	"/has_key(@io, tid)/ {\n"
	"	if (args.ret >= 0 && @io[tid] == 3) { @accepted = count(); }\n"
	"	if (args.ret > 0 && @io[tid] == 2) { @sends = count(); @sent = sum(args.ret); }\n"
	"	if (args.ret > 0 && @io[tid] == 1) { @recvs = count(); @received = sum(args.ret); "
	"}\n"
	"	delete(@io, tid);\n"
	"}\n"
	"end {\n"
	"	for ($kv : @found) {\n"
	"		printf(\"found %d %d %llu %s\\n\", $kv.0.0, $kv.0.1, $kv.1, $kv.0.2);\n"
	"	}\n"
	"	for ($kv : @names) { printf(\"name %d %s\\n\", $kv.0.0, $kv.0.1); }\n"
	"	printf(\"traffic %llu %llu %llu %llu %llu %llu\\n\", @opened, @accepted, @sends, "
	"@sent,\n"
	"	       @recvs, @received);\n"
	"}\n";

static void put_events(struct buf *b, const char *events)
{
	for (const char *s = events; *s; s += strspn(s, " ")) {
		int len = (int)strcspn(s, " ");
		bool is_whole = memchr(s, ':', (size_t)len);

		buf_printf(b, "%s%s%.*s", s == events ? "" : ", ",
			   is_whole ? "" : "tracepoint:syscalls:sys_enter_", len, s);
		s += len;
	}
}

/* Sets $tcp: whether the descriptor is of a TCP socket, of which a condition holds. */
static void put_look(struct buf *b, const char *fd, const char *also)
{
	buf_printf(b,
		   "	$tcp = false;\n"
		   "	$fd = (uint32)%s;\n"
		   "	$table = curtask.files.fdt;\n"
		   "	if ($fd < $table.max_fds) {\n"
		   "		$file = $table.fd[$fd];\n"
		   "		if (($file.f_inode.i_mode & 0170000) == 0140000) {\n"
		   "			$sk = ((struct socket *)$file.private_data).sk;\n"
		   "			$family = $sk.__sk_common.skc_family;\n"
		   "			$tcp = $sk.sk_protocol == 6 && ($family == 2 || $family == "
		   "10)\n"
		   "				&& (%s);\n"
		   "		}\n"
		   "	}\n",
		   fd, also ? also : "true");
}

/* A clause that does something when a watched process comes by there, with a TCP socket. */
static void put_clause(struct buf *b, const char *events, const char *fd, const char *when,
		       const char *also, const char *body)
{
	put_events(b, events);
	buf_printf(b, "\n/(%s) && (%s)/ {\n", script_watched, when ? when : "true");
	if (fd)
		put_look(b, fd, also);
	buf_printf(b, "	if (%s) { %s }\n}\n", fd ? "$tcp" : "true", body);
}

void probe_script(struct buf *to, const u32 *pids, size_t n, u32 seconds)
{
	buf_puts(to, script_head);
	buf_puts(to, "begin {\n");
	for (size_t i = 0; i < n; i++)
		buf_printf(to, "	@watched[%" PRIu32 "] = 1;\n", pids[i]);
	buf_puts(to, "}\n");
	if (seconds)
		buf_printf(to, "interval:s:%" PRIu32 " { exit(); }\n", seconds);
	for (size_t i = 0; i < ARRAY_SIZE(counted); i++)
		put_clause(to, counted[i].events, counted[i].fd, NULL, NULL, counted[i].body);
	for (size_t i = 0; i < probe_finding_count; i++) {
		const struct probe_finding *f = &probe_findings[i];
		char body[64];

		snprintf(body, sizeof(body), "@found[%zu, pid, comm] = count();", i);
		put_clause(to, f->events, f->fd, f->when, f->also, body);
	}
	buf_puts(to, script_end);
}

/* ---- what it prints */

void probe_take_comm(char to[PROBE_COMM], const char *from)
{
	snprintf(to, PROBE_COMM, "%s", from);
	for (; *to; to++)
		if ((u8)*to < ' ' || *to == 0x7f)
			*to = '?';
}

/* A line that is none of ours is the rest of a name with a newline in it. */
static void read_line(struct arena *a, const char *line, struct probe_report *to)
{
	struct probe_traffic t = { 0 };
	struct probe_speaker speaker;
	struct probe_sight sight;
	int at = 0;

	if (sscanf(line, "found %zu %" SCNu32 " %" SCNu64 "%n", &sight.finding, &sight.pid,
		   &sight.count, &at) == 3) {
		if (sight.finding >= probe_finding_count || line[at] != ' ')
			return;
		probe_take_comm(sight.comm, line + at + 1);
		*vec_add(a, &to->sights) = sight;
	} else if (sscanf(line, "name %" SCNu32 "%n", &speaker.pid, &at) == 1) {
		if (line[at] != ' ')
			return;
		probe_take_comm(speaker.comm, line + at + 1);
		*vec_add(a, &to->speakers) = speaker;
	} else if (sscanf(line,
			  "traffic %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
			  " %" SCNu64,
			  &t.opened, &t.accepted, &t.sends, &t.sent, &t.receives,
			  &t.received) == 6) {
		to->traffic = t;
	}
}

void probe_read(struct arena *a, char *text, struct probe_report *to)
{
	char *line;

	while ((line = strsep(&text, "\n")))
		read_line(a, line, to);
}
